package io.beemesh.conformance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.node.NodeUnderTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** kill -9 of a node with real containers: pods go on, and the next start adopts them. */
final class NodeKillConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @Test
    void killedNode_stopsNoPodAndAdoptsThemAgain() {
        NodeUnderTest node = NodeUnderTest.podman();
        try {
            Kubectl kubectl = node.kubectl();
            kubectl.apply("""
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: stay}
                    spec:
                      replicas: 2
                      selector: {matchLabels: {app: stay}}
                      template:
                        metadata: {labels: {app: stay}}
                        spec:
                          terminationGracePeriodSeconds: 1
                          containers:
                          - {name: app, image: "localhost/beemesh/stateless-app:v1"}
                    """);
            kubectl.ok("rollout status deployment/stay --timeout=60s");
            String before = identities(kubectl);

            node.beemesh("down", "--kill").ok();
            assertThat(node.podman("pod", "ps", "--format", "{{.Name}} {{.Status}}").ok())
                    .contains("stay-").contains("Running");
            node.up().ok();

            Eventually.within(SOON, () -> assertThat(kubectl.ok("get deployment stay"))
                    .contains("2/2"));
            assertThat(identities(kubectl)).isEqualTo(before);

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

            kubectl.ok("delete deployment stay --timeout=60s");
            Eventually.within(SOON, () -> assertThat(node.podman("pod", "ps").ok())
                    .doesNotContain("stay-"));
        } finally {
            node.close();
        }
    }

    private static String identities(Kubectl kubectl) {
        return kubectl.ok("get pods -l app=stay -o jsonpath={range.items[*]}{.metadata.uid}"
                + "{.status.containerStatuses[*].containerID}"
                + "{.status.containerStatuses[*].restartCount}{end}");
    }
}
