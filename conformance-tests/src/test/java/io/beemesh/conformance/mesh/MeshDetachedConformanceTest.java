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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two node processes as one mesh: either goes on without the other, and gives it all when it is back. On
 * simulated pods.
 */
@WithoutPodman
final class MeshDetachedConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String WEB = Manifests.deployment("web", 4,
            "containers: [{name: c, image: x}]");
    private static final String LEASE = """
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: {name: leader}
            spec: {holderIdentity: me, leaseDurationSeconds: 15}
            """;

    @TempDir
    Path directory;

    private final List<NodeUnderTest> nodes = new ArrayList<>();
    private final List<Kubectl> kubectls = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        nodes.add(NodeUnderTest.simulated());
        nodes.add(NodeUnderTest.joined(nodes.getFirst(), "--issuer"));
        for (NodeUnderTest node : nodes) {
            Path file = directory.resolve("kubeconfig-" + node.apiPort());
            Files.writeString(file, nodes.getFirst().beemesh("kubeconfig", "--server",
                    "https://127.0.0.1:" + node.apiPort()).ok());
            kubectls.add(new Kubectl(file));
        }
        through(0).apply(WEB);
        Eventually.within(SOON, () -> assertThat(available(0)).isEqualTo("4"));
        Eventually.within(SOON, () -> assertThat(available(1)).isEqualTo("4"));
    }

    @AfterEach
    void stop() {
        nodes.forEach(NodeUnderTest::close);
    }

    private Kubectl through(int node) {
        return kubectls.get(node);
    }

    /** Of a write that met the loss, nobody may know what became; then the next one finds it made. */
    private void written(int node, String name) {
        through(node).run("create configmap " + name);
        through(node).ok("get configmap " + name);
    }

    private Command.Result lease(int node) {
        return through(node).command("apply", "-f", "-").input(LEASE).run();
    }

    private String available(int node) {
        return String.join("", lines(node, "get deployment web --request-timeout=10s"
                + " -o jsonpath={.status.availableReplicas}"));
    }

    /** What kubectl prints, but for warnings. */
    private List<String> lines(int node, String line) {
        return through(node).run(line).output().lines()
                .filter(each -> !each.startsWith("Warning:")).toList();
    }

    /** While the other is away, its pods are lost and replaced. */
    private void replicasWithoutTheOther(int node, int wanted) {
        Eventually.within(SOON, () -> {
            assertThat(lines(node, "get pods -l app=web --no-headers"))
                    .filteredOn(line -> !line.contains("NodeLost")).hasSize(wanted)
                    .allMatch(line -> line.contains("Running"));
            assertThat(available(node)).isEqualTo("" + wanted);
        });
    }

    private void exactlyTheWantedReplicas(int node, int wanted) {
        Eventually.within(SOON, () -> {
            assertThat(lines(node, "get pods -l app=web --no-headers")).hasSize(wanted)
                    .allMatch(line -> line.contains("Running"));
            assertThat(available(node)).isEqualTo("" + wanted);
        });
    }

    @Test
    void eitherIsKilled_theOtherGoesOn_andHasAllWhenItIsBack() {
        for (int lost = 0; lost < 2; lost++) {
            loseAndReturn(lost, 1 - lost);
        }
    }

    private void loseAndReturn(int lost, int left) {
        nodes.get(lost).beemesh("down", "--kill").ok();
        long before = System.nanoTime();
        String first = "without-" + lost;
        Eventually.within(SOON, () -> written(left, first));
        Duration took = Duration.ofNanos(System.nanoTime() - before);
        System.out.println("First write without the other after " + took.toMillis() + " ms");
        assertThat(took).as("until writes go on").isLessThan(Duration.ofSeconds(20));

        Command.Result read = through(left).run("get configmap without-" + lost);
        assertThat(read.exitCode()).isZero();
        assertThat(read.output()).contains("this side of the mesh has no majority");
        through(left).ok("create namespace alone-" + lost);
        Command.Result lease = lease(left);
        assertThat(lease.exitCode()).isNotZero();
        assertThat(lease.output()).contains("a Lease can only be held by one in the whole mesh");
        assertThat(nodes.get(left).beemesh("status").output()).contains("detached:");
        assertThat(through(left).ok("get --raw /metrics"))
                .containsPattern("beemesh_registry_detached_slots [1-9]");
        replicasWithoutTheOther(left, 4);

        nodes.get(lost).up().ok();
        Eventually.within(SOON, () -> assertThat(through(lost).ok("get configmaps -o name"))
                .contains("without-" + lost));
        Eventually.within(SOON, () -> assertThat(lease(left).exitCode())
                .isZero());
        through(left).ok("delete lease leader");
        exactlyTheWantedReplicas(lost, 4);
        Eventually.within(SOON, () -> assertThat(through(left).ok("get nodes"))
                .doesNotContain("NotReady"));
    }
}
