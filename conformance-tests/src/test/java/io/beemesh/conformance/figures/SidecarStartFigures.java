package io.beemesh.conformance.figures;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.node.NodeUnderTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Not part of {@code ./verify}: prints for docs/benchmarks.md what a sidecar adds to a pod's start, by the same pod
 * with and without one in turn, {@code -Dbeemesh.rounds} times (default 20).
 */
@Isolated("It measures.")
final class SidecarStartFigures {
    private static final int ROUNDS = Integer.getInteger("beemesh.rounds", 20);
    private static final Duration GONE = Duration.ofSeconds(30);

    @Test
    void applyToReady_withAndWithout() {
        try (NodeUnderTest node = NodeUnderTest.withPodman()) {
            Kubectl kubectl = node.kubectl();
            // The first pod of each kind finds nothing warm.
            PodStart.millis(kubectl, "first-without", "beemesh.io/sidecar: disabled");
            PodStart.millis(kubectl, "first-with", "");
            List<Long> without = new ArrayList<>();
            List<Long> with = new ArrayList<>();
            List<Long> added = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                awaitGone(node);
                without.add(PodStart.millis(kubectl, "without-" + i,
                        "beemesh.io/sidecar: disabled"));
                awaitGone(node);
                with.add(PodStart.millis(kubectl, "with-" + i, ""));
                added.add(with.getLast() - without.getLast());
            }
            print("without a sidecar", without);
            print("with a sidecar", with);
            print("added by the sidecar", added);
        }
    }

    /** So that the end of one pod does not slow the start of the next one down. */
    private static void awaitGone(NodeUnderTest node) {
        Eventually.within(GONE, () -> assertThat(node.podman("pod", "ps", "-q").ok()).isBlank());
    }

    private static void print(String what, List<Long> millis) {
        List<Long> sorted = millis.stream().sorted().toList();
        System.out.println("apply to Ready, " + what + ", of " + sorted.size() + ": p50 "
                + sorted.get(sorted.size() / 2) + " ms, least " + sorted.getFirst() + ", most "
                + sorted.getLast());
    }
}
