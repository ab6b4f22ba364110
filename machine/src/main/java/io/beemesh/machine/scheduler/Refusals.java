package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.scheduler.Filter.Verdict;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Machines that said no to a pod a moment ago, though they looked as if they had room: others' pods may
 * be on their way there. At most {@value #MAX}, each for {@link #LIFE}. On the loop.
 */
final class Refusals {
    static final Duration LIFE = Duration.ofSeconds(2);
    private static final int MAX = 1_024;

    private record Key(String node, String uid) {}

    private record Refusal(List<Verdict> verdicts, long endNanos) {}

    private final Loop loop;
    private final Map<Key, Refusal> refusals = new LinkedHashMap<>();

    Refusals(Loop loop) {
        this.loop = loop;
    }

    void add(String node, PodView pod, List<String> reasons) {
        expire();
        if (refusals.size() < MAX) {
            List<Verdict> verdicts = reasons.stream()
                    .map(reason -> new Verdict(reason, false)).toList();
            refusals.put(new Key(node, pod.uid()),
                    new Refusal(verdicts, loop.nanoTime() + LIFE.toNanos()));
        }
    }

    /** What the machine said to the pod, if it did. */
    Optional<List<Verdict>> of(String node, PodView pod) {
        if (refusals.isEmpty()) {
            return Optional.empty();
        }
        expire();
        return Optional.ofNullable(refusals.get(new Key(node, pod.uid())))
                .map(Refusal::verdicts);
    }

    private void expire() {
        refusals.values().removeIf(refusal -> refusal.endNanos() - loop.nanoTime() <= 0);
    }
}
