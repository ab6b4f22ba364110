package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.List;
import java.util.Optional;

/**
 * How a slot is, as the replica of one node has it.
 *
 * @param place in the key space of peers: those closest to it are to hold the slot
 * @param primary of the term, while this node hears of it; or who serves the slot without a majority
 * @param homes who decides on the slot
 * @param sequence of the last committed entry
 * @param version of the last committed change
 * @param service who decides on it as far as this node knows
 * @param unmerged objects that this node changed alone and that are not merged yet
 * @param isShort fewer homes hold it, or can be reached now, than are wanted of so many members
 */
public record SlotStatus(int number, byte[] place, long term, Optional<PeerId> primary,
        List<PeerId> homes, long sequence, long version, Service service, int unmerged,
        boolean isShort) {
    /** How a slot is served. */
    public enum Service {
        /** By its primary. */
        ATTACHED,
        /** By one node of this side alone, as no majority of its homes can be reached. */
        DETACHED,
        /** Not at this moment, as what this node did alone is being merged. */
        MERGING
    }

    static SlotStatus of(Slot slot, Forks forks, Members members) {
        int alive = (int) members.everyone().stream().filter(members::isAlive).count();
        List<PeerId> homes = slot.replica().homes().members();
        long reached = homes.stream().filter(members::isAlive).count();
        int wanted = Math.min(Placement.HOMES, Math.max(alive, homes.size()));
        Optional<PeerId> server = forks.isOpen(slot.number())
                ? Optional.of(members.self())
                : forks.servedBy(slot.number());
        Service service = server.isPresent()
                ? Service.DETACHED
                : forks.isMerging(slot.number()) ? Service.MERGING : Service.ATTACHED;
        return new SlotStatus(slot.number(), SlotMap.placeOf(slot.number()), slot.replica().term(),
                server.or(() -> slot.replica().primary().filter(p -> slot.replica().isLed())),
                homes, slot.replica().committed().sequence(),
                slot.version(), service, forks.unmerged(slot.number()), reached < wanted);
    }

    /** The slot of an object; the name counts only of what has no namespace. */
    public static int slotOf(GroupResource type, String namespace, String name) {
        return SlotMap.of(new ObjectKey(type, namespace, name));
    }
}
