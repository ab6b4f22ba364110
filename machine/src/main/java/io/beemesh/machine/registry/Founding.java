package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.HomeSet;
import io.beemesh.machine.registry.replica.Replica;
import io.beemesh.machine.registry.replica.Role;
import java.util.Optional;

/**
 * How a slot begins: with its first write. In a small mesh all members are asked for their vote, so that
 * no two slots of one number can begin, and the surplus homes are let go afterwards.
 */
final class Founding {
    private final Mesh mesh;
    private final HomeSlots slots;

    Founding(Mesh mesh, HomeSlots slots) {
        this.mesh = mesh;
        this.slots = slots;
    }

    /** Who begins a slot that nobody has written to; empty if this node does, or the slot is older. */
    Optional<PeerId> founder(Slot slot) {
        if (!slot.isNew() || slot.replica().role() != Role.HOME) {
            return Optional.empty();
        }
        return mesh.members().closest(SlotMap.placeOf(slot.number()), 1).stream().findFirst()
                .filter(p -> !p.equals(mesh.members().self()));
    }

    /** Has the slot led by this node if that is for it to do at once. */
    void begin(Slot slot) {
        Replica replica = slot.replica();
        HomeSet founders = mesh.founders(slot.number());
        if (slot.isNew() && !replica.homes().equals(founders)) {
            // Those that it may be asking are not who decides any more.
            replica.stepDown();
        }
        if (replica.role() != Role.HOME) {
            return;
        }
        if (slot.isNew() && !slots.mayFound(slot.number(), founders.members())) {
            return;
        }
        if (slot.isNew() && !replica.isLed()) {
            replica.found(founders);
            if (replica.homes().size() > 1) {
                replica.trial();
                return;
            }
        }
        if (replica.homes().size() == 1 && replica.homes().contains(mesh.members().self())) {
            replica.campaign();
        }
    }
}
