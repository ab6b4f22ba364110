package io.beemesh.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.kubectl.Manifests;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten node processes on one machine, nine of which join at one time; kubectl talks to the newest. On simulated
 * pods.
 *
 * <p>{@code -Dbeemesh.nodes=24} starts as many.
 */
@WithoutPodman
final class LargerMeshConformanceTest {
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int NODES = Integer.getInteger("beemesh.nodes", 10);
    private static final int REPLICAS = 3 * NODES;

    @TempDir
    Path directory;

    private final List<NodeUnderTest> nodes = new ArrayList<>();

    @AfterEach
    void stop() {
        nodes.forEach(NodeUnderTest::close);
    }

    private Kubectl through(int node) throws IOException {
        Path file = directory.resolve("kubeconfig-" + node);
        Files.writeString(file, nodes.getFirst().beemesh("kubeconfig", "--server",
                "https://127.0.0.1:" + nodes.get(node).apiPort()).ok());
        return new Kubectl(file);
    }

    private static String web(int replicas) {
        return Manifests.deployment("web", replicas, "containers: [{name: c, image: x}]");
    }

    private static void available(Kubectl kubectl, int wanted) {
        Eventually.within(SOON, () -> assertThat(kubectl.run("get deployment web"
                + " -o jsonpath={.status.availableReplicas}").output().strip())
                .isEqualTo("" + wanted));
    }

    /** Where each pod is that is not lost. */
    private static List<String> machines(Kubectl kubectl) {
        return kubectl.ok("get pods -l app=web --no-headers -o wide").lines()
                .filter(line -> !line.contains("NodeLost")).map(line -> line.split(" +", -1)[6])
                .toList();
    }

    @Test
    void manyNodes_joinAtOnce_serveAsOne_oneIsKilledAndOneLeaves() throws IOException {
        nodes.add(NodeUnderTest.simulated());
        nodes.addAll(NodeUnderTest.joinedTogether(nodes.getFirst(), NODES - 1));
        int last = NODES - 1;
        Kubectl newest = through(last);
        Eventually.within(SOON, () -> assertThat(newest.ok("get nodes --no-headers").lines())
                .hasSize(NODES).noneMatch(line -> line.contains("NotReady")));

        Kubectl other = through(NODES / 2);
        String before = newest.ok("get configmaps -o jsonpath={.metadata.resourceVersion}");
        newest.ok("create configmap seen-everywhere");
        assertThat(other.ok("get configmap seen-everywhere -o name")).contains("seen-everywhere");
        assertThat(other.ok("get --raw /api/v1/namespaces/default/configmaps?watch=1"
                + "&timeoutSeconds=1&resourceVersion=" + before)).contains("seen-everywhere");

        newest.apply(web(NODES));
        available(newest, NODES);
        assertThat(machines(newest).stream().distinct()).as("machines that have a pod")
                .hasSize(NODES);
        newest.ok("scale deployment web --replicas=" + REPLICAS);
        available(other, REPLICAS);

        String lost = nodes.get(1).name();
        nodes.get(1).beemesh("down", "--kill").ok();
        long killed = System.nanoTime();
        Eventually.contains(SOON, () -> newest.ok("get node " + lost), "NotReady");
        available(newest, REPLICAS);
        System.out.println("Mesh of " + NODES + " nodes: all replicas available "
                + Duration.ofNanos(System.nanoTime() - killed).toMillis()
                + " ms after a node was killed");

        String left = nodes.get(2).name();
        nodes.get(2).beemesh("leave").ok();
        available(newest, REPLICAS);
        assertThat(newest.ok("get nodes")).doesNotContain(left + " ");
        Eventually.within(SOON, () -> assertThat(machines(newest)).hasSize(REPLICAS)
                .doesNotContain(lost, left));
    }
}
