package io.beemesh.conformance.figures;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Memory of an idle node, which has a limit, and two figures that are printed for docs/benchmarks.md:
 * start to first served request, and apply to Ready over {@code -Dbeemesh.pods} pods (default 10).
 */
@Isolated("It measures.")
final class NodeFiguresConformanceTest {
    /** The limit that the project has set itself; what is measured is in docs/benchmarks.md. */
    private static final int PSS_MB_MAX = 80;
    private static final int PODS = Integer.getInteger("beemesh.pods", 10);
    private static final Pattern PSS = Pattern.compile("(?m)^Pss: *(\\d+) kB");
    private static final Pattern SERVING = Pattern.compile("Node started .*took=(\\d+)ms");

    @Test
    void idleNode_usesAtMost80Megabytes() {
        NodeUnderTest node = NodeUnderTest.withPodman();
        try {
            Kubectl kubectl = node.kubectl();
            kubectl.ok("apply -f " + Repository.root().resolve("manifests/my-stateless-app.yaml"));
            kubectl.ok("rollout status deployment/my-stateless-app --timeout=60s");
            System.out.println("start to first served request: " + startMillis(node) + " ms");
            Eventually.within(Duration.ofSeconds(60),
                    () -> assertThat(pssMegabytes(node.pid())).isLessThanOrEqualTo(PSS_MB_MAX));
            System.out.println("idle node PSS: " + pssMegabytes(node.pid()) + " MB");
            applyToReady(kubectl);
            System.out.println("PSS after " + PODS + " pods: " + pssMegabytes(node.pid()) + " MB");
        } finally {
            node.close();
        }
    }

    private static void applyToReady(Kubectl kubectl) {
        List<Long> millis = new ArrayList<>();
        for (int i = 0; i < PODS; i++) {
            millis.add(PodStart.millis(kubectl, "warm-" + i, ""));
        }
        millis.sort(null);
        System.out.println("apply to Ready over " + PODS + " pods, kubectl's own start twice "
                + "included: p50 " + millis.get(PODS / 2) + " ms, max " + millis.getLast() + " ms");
    }

    private static String startMillis(NodeUnderTest node) {
        Matcher matcher = SERVING.matcher(read(node.data().resolve("node.log")));
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static long pssMegabytes(long pid) {
        Matcher matcher = PSS.matcher(read(Path.of("/proc/" + pid + "/smaps_rollup")));
        assertThat(matcher.find()).isTrue();
        return Long.parseLong(matcher.group(1)) / 1024;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
