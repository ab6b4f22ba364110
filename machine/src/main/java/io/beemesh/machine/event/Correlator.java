package io.beemesh.machine.event;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers which notes were written of late: which repeat an Event, which are so many alike that they
 * become one, and which are more than anybody wants to read. Figures are those of Kubernetes' client.
 *
 * <p>Bounded: the longest unused of more than {@value #ENTRIES_MAX} entries are forgotten.
 */
final class Correlator {
    static final int ENTRIES_MAX = 1024;
    /** Notes about one object that may come at once; then one in five minutes. */
    static final int BURST = 25;
    static final Duration REFILL = Duration.ofMinutes(5);
    /** Different texts of one reason in {@link #SIMILAR_WINDOW} before they become one Event. */
    static final int SIMILAR_MAX = 10;
    static final Duration SIMILAR_WINDOW = Duration.ofMinutes(10);

    private final Map<String, Bucket> buckets = bounded();
    private final Map<String, Similar> similar = bounded();
    private final Map<String, String> names = bounded();

    /** Takes one of the object's tokens; true if there is none. */
    boolean isSpam(Note note, long nanos) {
        Bucket bucket = buckets.computeIfAbsent(note.subject(), _ -> new Bucket(nanos));
        long refilled = (nanos - bucket.since) / REFILL.toNanos();
        bucket.since += refilled * REFILL.toNanos();
        bucket.tokens = Math.min(BURST, bucket.tokens + refilled);
        if (bucket.tokens == 0) {
            return true;
        }
        bucket.tokens--;
        return false;
    }

    /** The Event to repeat, if any, and the text to write. */
    Match match(Note note, long nanos) {
        Similar group = similar.computeIfAbsent(note.similarity(), _ -> new Similar(nanos));
        if (nanos - group.since > SIMILAR_WINDOW.toNanos()) {
            similar.put(note.similarity(), new Similar(nanos));
            group = similar.getOrDefault(note.similarity(), group);
        }
        group.texts.put(note.message(), true);
        boolean combined = group.texts.size() >= SIMILAR_MAX;
        String key = combined ? note.similarity() : exact(note);
        group.combined = combined;
        return new Match(names.getOrDefault(key, ""), combined
                ? "(combined from similar events): " + note.message()
                : note.message());
    }

    /** Remembers the Event that holds {@code note} after {@link #match}. */
    void written(Note note, String name) {
        Similar group = similar.get(note.similarity());
        boolean combined = group != null && group.combined;
        names.put(combined ? note.similarity() : exact(note), name);
    }

    private static String exact(Note note) {
        return note.similarity() + '\n' + note.message();
    }

    private static <V> Map<String, V> bounded() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > ENTRIES_MAX;
            }
        };
    }

    /** @param name of the Event to repeat, or empty */
    record Match(String name, String message) {}

    private static final class Bucket {
        long tokens = BURST;
        long since;

        Bucket(long since) {
            this.since = since;
        }
    }

    private static final class Similar {
        final long since;
        final Map<String, Boolean> texts = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                return size() > SIMILAR_MAX;
            }
        };
        boolean combined;

        Similar(long since) {
            this.since = since;
        }
    }
}
