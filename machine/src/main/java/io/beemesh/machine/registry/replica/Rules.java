package io.beemesh.machine.registry.replica;

import java.util.EnumSet;
import java.util.Set;

/**
 * The rules that keep replicas safe. All hold in a node; tests break one at a time to see that their
 * checks notice.
 */
public final class Rules {
    /** What must hold. */
    enum Rule {
        /** A vote is on disk before it is told. */
        DURABLE_VOTE,
        /** Reads and refusals need a lease. */
        LEASE,
        /** Nobody votes while it hears of a primary. */
        LOYALTY,
        /** An entry is committed by a majority. */
        MAJORITY,
        /** An entry counts where it is on disk. */
        DURABLE_ENTRY,
        /** Votes go to who has all that the voter has. */
        COMPLETE_CANDIDATE,
        /** Only an entry of the own term commits those of former ones. */
        OWN_TERM_COMMITS,
        /** The home set changes one member at a time. */
        ONE_MEMBER,
        /** A new member has caught up before it counts. */
        CAUGHT_UP,
        /** Appends fit to what is before them. */
        PREVIOUS_ENTRY,
        /** Who lost its disk has no vote. */
        VOTELESS
    }

    private final Set<Rule> broken;

    private Rules(Set<Rule> broken) {
        this.broken = broken;
    }

    /** All of them. */
    public static Rules all() {
        return new Rules(EnumSet.noneOf(Rule.class));
    }

    static Rules without(Rule rule) {
        return new Rules(EnumSet.of(rule));
    }

    boolean hold(Rule rule) {
        return !broken.contains(rule);
    }
}
