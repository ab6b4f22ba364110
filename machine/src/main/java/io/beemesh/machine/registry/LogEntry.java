package io.beemesh.machine.registry;

import java.util.List;

/** What a slot's log holds, in order. */
sealed interface LogEntry {
    /** Highest version that is known once this entry is. */
    long version();

    /**
     * The first entry of a term.
     *
     * @param parentTerm the term of the entry before it, zero at the start of the log
     * @param parentSequence the position of that entry
     * @param homes who decides from here on
     */
    record TermStart(long parentTerm, long parentSequence, HomeSet homes, long version)
            implements
                LogEntry {}

    /** Changes of objects that are made together, with rising versions. */
    record Changes(List<Effect> effects) implements LogEntry {
        public Changes {
            effects = List.copyOf(effects);
        }

        @Override
        public long version() {
            return effects.getLast().object().version();
        }
    }

    /**
     * The new state of one object.
     *
     * @param deleted whether it is the last one
     */
    record Effect(boolean deleted, StoredObject object) {}
}
