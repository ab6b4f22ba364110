package io.beemesh.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.kubectl.Kubectl;
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

/** Three node processes on one machine that join a mesh, lose members, and find each other again. */
@WithoutPodman
final class MeshConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final List<NodeUnderTest> nodes = new ArrayList<>();

    @BeforeEach
    void start() {
        nodes.add(NodeUnderTest.simulated());
        nodes.add(NodeUnderTest.joined(nodes.getFirst(), "--issuer"));
        // Either issuer admits: the third comes by the second.
        nodes.add(NodeUnderTest.joined(nodes.get(1)));
    }

    @AfterEach
    void stop() {
        nodes.forEach(NodeUnderTest::close);
    }

    private static String name(NodeUnderTest node) {
        try {
            return Files.readString(node.data().resolve("node-name")).strip();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertSees(NodeUnderTest observer, NodeUnderTest member, String state) {
        Eventually.contains(SOON, () -> observer.beemesh("status").ok(),
                name(member) + ": " + state);
    }

    private void assertAllAlive() {
        nodes.forEach(one -> nodes.forEach(other -> assertSees(one, other, "ALIVE")));
    }

    @Test
    void threeNodes_killRestartRemoveLeave() throws IOException {
        NodeUnderTest first = nodes.get(0);
        NodeUnderTest second = nodes.get(1);
        NodeUnderTest third = nodes.get(2);
        assertAllAlive();

        // One kubeconfig, made on one node, serves for each.
        for (NodeUnderTest node : nodes) {
            Path file = directory.resolve("kubeconfig-" + node.apiPort());
            Files.writeString(file, first.beemesh("kubeconfig", "--server",
                    "https://127.0.0.1:" + node.apiPort()).ok());
            Kubectl kubectl = new Kubectl(file);
            assertThat(kubectl.ok("get nodes")).contains(name(node)).contains("Ready");
            assertThat(kubectl.ok("get lease -n kube-node-lease " + name(node)
                    + " -o jsonpath={.spec.renewTime}")).startsWith("20");
        }

        // A used token admits nobody else, and an issued one none after it was revoked.
        String token = first.beemesh("token", "create").ok().strip().lines().toList().getLast();
        assertThat(token).doesNotContain(" ");
        first.beemesh("token", "revoke", token).ok();
        assertThat(first.beemesh("token", "list").ok()).doesNotContain("MEMBER");

        // Killed, it is held for dead; started again without a token, it is back.
        third.beemesh("down", "--kill").ok();
        assertSees(first, third, "DEAD");
        assertSees(second, third, "DEAD");
        third.up().ok();
        assertAllAlive();

        // All at once too.
        nodes.forEach(node -> node.beemesh("down", "--kill").ok());
        nodes.forEach(node -> node.up().ok());
        assertAllAlive();

        // Removed, it is nobody to the others, whatever it tries.
        second.beemesh("remove", name(third)).ok();
        Eventually.within(SOON, () -> assertThat(first.beemesh("status").ok())
                .doesNotContain(name(third) + ": ALIVE"));

        // It is told so, and may join again by a new token.
        third.beemesh("down").ok();
        assertThat(third.up().output()).contains("was removed from the mesh", "--join TOKEN");
        third.up("--join", first.token()).ok();
        assertAllAlive();
        second.beemesh("leave").ok();
        assertSees(first, second, "LEFT");
        assertThat(second.beemesh("status").exitCode()).isEqualTo(3);
    }
}
