package io.beemesh.machine.controller;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * How long the failed pod of a DaemonSet stays on its node before another takes its place: not at all the
 * first time, then 1 s, doubling up to 15 min; forgotten after 30 min without a failure. A machine that
 * refuses a pod would else be offered it again at once, without end.
 *
 * <p>On the loop; times are its nanoseconds. Bounded: an entry goes with its set, its node, or the
 * generation of the set that failed.
 */
final class FailedDaemonPods {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration MAX = Duration.ofMinutes(15);

    private final Map<ObjectKey, OfSet> sets = new HashMap<>();

    /** What is known of one set as it is now; {@code nodes} are all there are. */
    OfSet of(ObjectKey key, ApiObject set, Set<String> nodes) {
        OfSet known = sets.get(key);
        if (known == null || known.generation != set.generation()
                || !known.uid.equals(set.uid())) {
            known = new OfSet(set.uid(), set.generation());
            sets.put(key, known);
        }
        known.nodes.keySet().retainAll(nodes);
        return known;
    }

    /** Forgets a set that is gone. */
    void forget(ObjectKey key) {
        sets.remove(key);
    }

    int size() {
        return sets.values().stream().mapToInt(s -> s.nodes.size()).sum();
    }

    /** The failures of one set. */
    static final class OfSet {
        private final String uid;
        private final long generation;
        private final Map<String, Wait> nodes = new HashMap<>();

        private OfSet(String uid, long generation) {
            this.uid = uid;
            this.generation = generation;
        }

        /** How long a pod that failed on this node is still to be left there; zero if no longer. */
        Duration left(String node, long now) {
            Wait wait = nodes.get(node);
            if (wait == null || wait.isForgotten(now)) {
                return Duration.ZERO;
            }
            return Duration.ofNanos(Math.max(0, wait.sinceNanos + wait.delayNanos - now));
        }

        /** Notes that a failed pod of this node is replaced. */
        void replaced(String node, long now) {
            nodes.merge(node, new Wait(FIRST.toNanos(), now),
                    (old, first) -> old.isForgotten(now)
                            ? first
                            : new Wait(Math.min(2 * old.delayNanos, MAX.toNanos()), now));
        }
    }

    private record Wait(long delayNanos, long sinceNanos) {
        boolean isForgotten(long now) {
            return now - sinceNanos > 2 * MAX.toNanos();
        }
    }
}
