package io.beemesh.machine.registry.replica;

import java.util.EnumSet;
import java.util.Set;

/**
 * The rules that keep replicas safe. All hold in a node; tests break one at a time to see that their
 * checks notice.
 */
public final class Rules {
    /** What must hold. */
    public enum Rule {
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
        /** The home set changes by one member, or from many to few by majorities of both. */
        ONE_MEMBER,
        /** A new member has caught up before it counts. */
        CAUGHT_UP,
        /** Appends fit to what is before them. */
        PREVIOUS_ENTRY,
        /** Who lost its disk has no vote. */
        VOTELESS,
        /** A primary answers reads once an entry of its term is committed. */
        SETTLED_READS,
        /** A read asks the primary how far the slot is. */
        BARRIER,
        /** A write that is asked for again gets the first answer. */
        FIRST_ANSWER,
        /** A fork knows what it deleted. */
        FORK_DELETIONS(true),
        /** What a fork changed is compared with what it was at the fork point. */
        FORK_BASE(true),
        /** What is absent in the log and never was there is no deletion. */
        FORK_ABSENCE(true);

        private final boolean ofForks;

        Rule() {
            this(false);
        }

        Rule(boolean ofForks) {
            this.ofForks = ofForks;
        }

        /** Whether it is about what is done alone. */
        public boolean isOfForks() {
            return ofForks;
        }
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

    /** Whether a rule is not broken. */
    public boolean hold(Rule rule) {
        return !broken.contains(rule);
    }
}
