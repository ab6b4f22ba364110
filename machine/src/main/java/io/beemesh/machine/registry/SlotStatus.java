package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.List;
import java.util.Optional;

/**
 * How a slot is, as the replica of one node has it.
 *
 * @param place in the key space of peers: those closest to it are to hold the slot
 * @param primary of the term, as far as known
 * @param homes who decides on the slot
 * @param sequence of the last committed entry
 * @param version of the last committed change
 * @param isShort fewer homes hold it, or can be reached now, than are wanted of so many members
 */
public record SlotStatus(int number, byte[] place, long term, Optional<PeerId> primary,
        List<PeerId> homes, long sequence, long version, boolean isShort) {
    /** The slot of an object; the name counts only of what has no namespace. */
    public static int slotOf(GroupResource type, String namespace, String name) {
        return SlotMap.of(new ObjectKey(type, namespace, name));
    }
}
