package io.beemesh.machine.registry;

import io.beemesh.protocol.registry.Position;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where terms ended in a slot's log: tells whether an entry is part of a log that is not kept so far back. A term that has
 * entries ended at the last one before another began.
 */
final class TermEnds {
    /** Of the latest terms. */
    private static final int KEPT_MAX = 64;

    /** The last entry of each term. */
    private final TreeMap<Long, Long> ends = new TreeMap<>();

    /** A committed entry says that a term began, and where the one before ended. */
    void began(LogEntry.TermStart start) {
        ends.put(start.parentTerm(), start.parentSequence());
        while (ends.size() > KEPT_MAX) {
            ends.pollFirstEntry();
        }
    }

    /** Takes over what a checkpoint or a snapshot says. */
    void restore(Map<Long, Long> all) {
        ends.clear();
        ends.putAll(all);
    }

    Map<Long, Long> all() {
        return Map.copyOf(ends);
    }

    /** Whether an entry is part of the log that is committed up to a position; empty if that is too long ago to know. */
    Optional<Boolean> has(Position entry, Position committed) {
        if (entry.term() == committed.term()) {
            return Optional.of(entry.sequence() <= committed.sequence());
        }
        if (entry.term() > committed.term()) {
            return Optional.empty();
        }
        Long end = ends.get(entry.term());
        if (end != null) {
            return Optional.of(entry.sequence() <= end);
        }
        return ends.isEmpty() || ends.firstKey() > entry.term()
                ? Optional.empty()
                : Optional.of(false);
    }
}
