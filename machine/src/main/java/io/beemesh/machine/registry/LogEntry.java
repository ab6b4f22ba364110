package io.beemesh.machine.registry;

import io.beemesh.machine.registry.replica.Entry;
import io.beemesh.machine.registry.replica.HomeSet;
import java.util.List;
import java.util.Optional;

/** What a slot's log holds, in order. */
sealed interface LogEntry extends Entry.Content {
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
                LogEntry,
                Entry.Configuring {
        @Override
        public boolean isChange() {
            return false;
        }
    }

    /** Others decide from here on. */
    record Homes(HomeSet homes, long version) implements LogEntry, Entry.Configuring {
        @Override
        public boolean isChange() {
            return true;
        }
    }

    /**
     * Changes of objects that are made together, with rising versions.
     *
     * @param effects at least one, but with {@code settle}
     * @param request id under which a node passed the write on, zero if none did
     * @param settle what of a fork they take in, if they do
     */
    record Changes(List<Effect> effects, long request, Optional<Settle> settle)
            implements
                LogEntry {
        public Changes {
            effects = List.copyOf(effects);
            if (effects.isEmpty() && settle.isEmpty()) {
                throw new IllegalArgumentException("an entry that changes nothing");
            }
        }

        @Override
        public long version() {
            return settle.map(Settle::version)
                    .orElseGet(() -> effects.getLast().object().version());
        }
    }

    /**
     * The new state of one object.
     *
     * @param deleted whether it is the last one
     */
    record Effect(boolean deleted, StoredObject object) {}
}
