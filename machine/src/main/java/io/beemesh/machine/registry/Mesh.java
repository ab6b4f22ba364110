package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.registry.replica.HomeSet;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.machine.registry.replica.Transport;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Whom a node's registry shares slots with, and how it reaches them.
 *
 * @param rules all of them, but in tests of the tests
 */
record Mesh(Members members, SlotHomes homes, Transport transport, RandomGenerator random,
        Rules rules) {

    /**
     * Who decides on the first entry of a slot. In a small mesh all do, as any two majorities of them meet:
     * no two nodes can begin one slot, each with others.
     */
    HomeSet founders(int slot) {
        List<PeerId> all = members.everyone();
        return new HomeSet(all.isEmpty()
                ? members.closest(SlotMap.placeOf(slot), Placement.HOMES)
                : all);
    }

    /** Whether nobody else is in it. */
    boolean isAlone() {
        return members.everyone().equals(List.of(members.self()));
    }

    /** A node alone. */
    static Mesh alone(PeerId self) {
        return new Mesh(new Alone(self), SlotHomes.NONE, Transport.NONE,
                RandomGenerator.of("L64X128MixRandom"), Rules.all());
    }

    private record Alone(PeerId self) implements Members {
        @Override
        public List<PeerId> everyone() {
            return List.of(self);
        }

        @Override
        public List<PeerId> closest(byte[] key, int count) {
            return List.of(self);
        }

        @Override
        public boolean isMember(PeerId peer) {
            return peer.equals(self);
        }

        @Override
        public boolean isAlive(PeerId peer) {
            return peer.equals(self);
        }

        @Override
        public boolean isNew() {
            return true;
        }

        @Override
        public void onChange(Runnable listener) {
            // Nothing ever does.
        }
    }
}
