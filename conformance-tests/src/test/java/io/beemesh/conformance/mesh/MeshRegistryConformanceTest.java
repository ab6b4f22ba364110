package io.beemesh.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three node processes that keep one registry: kubectl through any of them, pods over all of them, and
 * none lost with a node. On simulated pods.
 */
@WithoutPodman
final class MeshRegistryConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int WRITES = 20;
    private static final String WEB = Manifests.deployment("web", 6,
            "containers: [{name: c, image: x}]");

    @TempDir
    Path directory;

    private final List<NodeUnderTest> nodes = new ArrayList<>();
    private final List<Kubectl> kubectls = new ArrayList<>();

    private void start(int count) throws IOException {
        nodes.add(NodeUnderTest.simulated());
        while (nodes.size() < count) {
            nodes.add(NodeUnderTest.joined(nodes.getFirst(), "--issuer"));
        }
        for (NodeUnderTest node : nodes) {
            Path file = directory.resolve("kubeconfig-" + node.apiPort());
            Files.writeString(file, nodes.getFirst().beemesh("kubeconfig", "--server",
                    "https://127.0.0.1:" + node.apiPort()).ok());
            kubectls.add(new Kubectl(file));
        }
    }

    @AfterEach
    void stop() {
        nodes.forEach(NodeUnderTest::close);
    }

    private String name(int node) {
        try {
            return Files.readString(nodes.get(node).data().resolve("node-name")).strip();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Kubectl through(int node) {
        return kubectls.get(node % kubectls.size());
    }

    @Test
    void oneRegistry_oneSchedule_andALostNodeIsSurvived() throws IOException {
        start(3);
        writeOnOne_readAndWatchOnAll();
        endpointsOfTheApi_areThoseOfAll_andStay();

        through(1).apply(WEB);
        Eventually.within(SOON, () -> assertThat(available(2)).isEqualTo("6"));
        assertThat(machines(0)).as("nodes that have pods").hasSize(3);
        // Others are lost in turn where there are five machines.
        loseAndReturn(0);
    }

    private void writeOnOne_readAndWatchOnAll() {
        String before = through(0).ok("get configmaps -o jsonpath={.metadata.resourceVersion}");
        for (int i = 0; i < WRITES; i++) {
            through(i).ok("create configmap written-" + i + " --from-literal=i=" + i);
            assertThat(through(i + 1).ok("get configmap written-" + i + " -o jsonpath={.data.i}"))
                    .isEqualTo("" + i);
        }
        for (Kubectl each : kubectls) {
            assertThat(each.ok("get configmaps -o name")).contains(all());
            assertThat(each.ok("get --raw /api/v1/namespaces/default/configmaps?watch=1"
                    + "&timeoutSeconds=1&resourceVersion=" + before))
                    .contains(all("\"name\":\"written-"));
        }
        through(1).ok("label configmap written-0 seen=yes");
        assertThat(through(2).ok("get configmap written-0 --show-labels")).contains("seen=yes");
        for (int i = 0; i < 3; i++) {
            through(i).ok("create namespace space-" + i);
            assertThat(through(i + 1).ok("get namespaces")).contains("space-" + i);
        }
    }

    private static String[] all() {
        return all("written-");
    }

    private static String[] all(String prefix) {
        return IntStream.range(0, WRITES).mapToObj(i -> prefix + i).toArray(String[]::new);
    }

    private void endpointsOfTheApi_areThoseOfAll_andStay() {
        for (NodeUnderTest node : nodes) {
            Eventually.contains(SOON, () -> through(1).ok("get endpoints kubernetes -o yaml"),
                    "port: " + node.apiPort());
        }
        String version = "get endpoints kubernetes -o jsonpath={.metadata.resourceVersion}";
        String before = through(0).ok(version);
        // What nodes take from each other they would have written many times by now.
        through(0).ok("get --raw /api/v1/namespaces/default/endpoints?watch=1&timeoutSeconds=3");
        assertThat(through(2).ok(version)).isEqualTo(before);
    }

    private String available(int node) {
        return through(node)
                .run("get deployment web --request-timeout=10s -o jsonpath={.status.availableReplicas}")
                .output().strip();
    }

    private List<String> machines(int node) {
        return through(node).ok("get pods -l app=web -o jsonpath={.items[*].spec.nodeName}")
                .lines().flatMap(line -> List.of(line.split(" ", -1)).stream()).distinct().toList();
    }

    private void loseAndReturn(int lost) {
        int one = lost + 1;
        int other = lost + 2;
        nodes.get(lost).beemesh("down", "--kill").ok();
        long before = System.nanoTime();
        Command.Result first = through(one).run("create configmap without-" + lost);
        Duration took = Duration.ofNanos(System.nanoTime() - before);
        assertThat(first.exitCode()).as(first.output()).isZero();
        assertThat(took).as("until writes go on").isLessThan(Duration.ofSeconds(20));
        assertThat(through(other).ok("get configmaps -o name")).contains(all())
                .contains("without-" + lost);
        Eventually.contains(SOON, () -> through(one).ok("get node " + name(lost)), "NotReady");
        Eventually.contains(SOON, () -> through(other).ok("get pods"), "NodeLost");
        Eventually.within(SOON, () -> assertThat(available(other)).isEqualTo("6"));

        nodes.get(lost).up().ok();
        Eventually.within(SOON, () -> {
            assertThat(through(lost).run("get pods").output()).doesNotContain("NodeLost");
            assertThat(through(lost).run("get pods -l app=web -o name").output().lines().count())
                    .isEqualTo(6);
            assertThat(available(lost)).isEqualTo("6");
        });
        assertThat(through(lost).ok("get configmaps -o name")).contains(all())
                .contains("without-" + lost);
        assertThat(through(one).ok("get nodes")).doesNotContain("NotReady");
    }
}
