package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import java.util.Optional;

/** The log of a slot in which this node is primary. */
record LogTarget(Slot slot, Forks forks, HybridClock clock) implements Primary.Target {
    @Override
    public int number() {
        return slot.number();
    }

    @Override
    public Optional<StoredObject> state(ObjectKey key) {
        return slot.state(key, forks::trunk);
    }

    @Override
    public boolean isPending(ObjectKey key) {
        return slot.isPending(key);
    }

    @Override
    public Proposal lastInFlight() {
        return slot.lastInFlight();
    }

    @Override
    public boolean mayAnswer() {
        return slot.replica().hasLease();
    }

    @Override
    public long nextVersion() {
        return clock.next();
    }

    @Override
    public Proposal propose(LogEntry.Changes entry, byte[] payload) {
        return slot.propose(entry, payload);
    }
}
