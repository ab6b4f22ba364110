package io.beemesh.conformance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithPodman;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.kubectl.Manifests;
import io.beemesh.conformance.network.Sidecars;
import io.beemesh.conformance.node.NodeUnderTest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * kill -9 of a node with real containers: pods go on, and the next start adopts them, also where it gives new ones
 * another network.
 */
@WithPodman
final class NodeKillConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @Test
    void killedNode_stopsNoPodAndAdoptsThemAgain() {
        NodeUnderTest node = NodeUnderTest.withPodman("--pod-network", "podman");
        try {
            Kubectl kubectl = node.kubectl();
            Sidecars sidecars = new Sidecars(node);
            kubectl.apply(Manifests.deployment("stay", 2, """
                    terminationGracePeriodSeconds: 1
                    containers: [{name: app, image: "localhost/beemesh/stateless-app:v1"}]
                    """));
            kubectl.ok("rollout status deployment/stay --timeout=60s");
            String before = identities(kubectl);

            node.beemesh("down", "--kill").ok();
            assertThat(node.podman("pod", "ps", "--format", "{{.Name}} {{.Status}}").ok())
                    .contains("stay-").contains("Running");
            node.up().ok();

            Eventually.within(SOON, () -> assertThat(kubectl.ok("get deployment stay"))
                    .contains("2/2"));
            assertThat(identities(kubectl)).isEqualTo(before);
            assertThat(sidecars.all()).isEmpty();

            String pod = kubectl.ok("get pods -l app=stay -o jsonpath={.items[0].metadata.name}");
            node.beemesh("down").ok();
            node.podman("kill", "-a").ok();
            node.up().ok();
            Eventually.within(SOON, () -> assertThat(kubectl.ok("get pod " + pod
                    + " -o jsonpath={.status.containerStatuses[0].restartCount}"))
                    .isEqualTo("1"));
            Eventually.contains(SOON, () -> kubectl.ok("get pod " + pod), "1/1");

            node.beemesh("down", "--pods").ok();
            assertThat(node.podman("pod", "ps").ok()).doesNotContain("stay-");
            node.up().ok();
            Eventually.within(SOON, () -> assertThat(kubectl.ok("get deployment stay"))
                    .contains("2/2"));
            // The API shows the old ones for a moment.
            Eventually.within(SOON, () -> {
                assertThat(sidecars.all()).hasSize(2);
                assertThat(apps(node)).hasSize(2).allMatch(identities(kubectl)::contains);
            });
            List<String> running = sidecars.all();
            before = identities(kubectl);

            node.beemesh("down", "--kill").ok();
            node.up().ok();
            Eventually.within(SOON, () -> assertThat(kubectl.ok("get deployment stay"))
                    .contains("2/2"));
            assertThat(identities(kubectl)).isEqualTo(before);
            assertThat(sidecars.all()).containsExactlyInAnyOrderElementsOf(running);

            kubectl.ok("delete deployment stay --timeout=60s");
            Eventually.within(SOON, () -> assertThat(node.podman("pod", "ps").ok())
                    .doesNotContain("stay-"));
        } finally {
            node.close();
        }
    }

    private static List<String> apps(NodeUnderTest node) {
        return node.podman("ps", "-q", "--no-trunc", "--filter",
                "label=io.kubernetes.container.name=app").ok().lines().toList();
    }

    private static String identities(Kubectl kubectl) {
        return kubectl.ok("get pods -l app=stay -o jsonpath={range.items[*]}{.metadata.uid}"
                + "{.status.containerStatuses[*].containerID}"
                + "{.status.containerStatuses[*].restartCount}{end}");
    }
}
