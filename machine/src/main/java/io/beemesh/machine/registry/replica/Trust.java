package io.beemesh.machine.registry.replica;

/**
 * Whether this node counts in a slot: where its disk may have lost what it had acknowledged, it does not
 * before it has been no home for a while and is taken in anew.
 */
final class Trust {
    private final Replica replica;
    private long votelessUntil;
    private boolean asked;

    Trust(Replica replica) {
        this.replica = replica;
    }

    void restore(long until) {
        votelessUntil = until;
    }

    /** What this node had may be lost; it does not count before it has entry {@code until}. */
    void lose(long until) {
        if (votelessUntil == 0) {
            votelessUntil = until;
            asked = false;
            replica.effects.storeVoteless(replica.slot, replica.committed, until);
        }
    }

    /** Who is no home any more, as of an entry after it lost what it had, can be taken in anew. */
    void consider() {
        if (votelessUntil != 0 && !asked && replica.committed.sequence() >= votelessUntil
                && !replica.committedHomes().contains(replica.self)
                && !replica.homes().contains(replica.self)) {
            asked = true;
            replica.effects.storeVoteless(replica.slot, replica.committed, 0);
        }
    }

    /** Whether this node counts is on disk. */
    void onStored(long until) {
        if (until == 0 && asked) {
            votelessUntil = 0;
            replica.effects.onUnsent(replica.slot);
        }
    }

    /** Up to which entry this node does not count; zero if it does. */
    long votelessUntil() {
        return votelessUntil;
    }
}
