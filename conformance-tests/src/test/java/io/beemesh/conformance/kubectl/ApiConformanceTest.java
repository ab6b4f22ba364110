package io.beemesh.conformance.kubectl;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.node.NodeUnderTest;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What kubectl 1.32 asks of an API server beside running containers; on simulated pods. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ApiConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private NodeUnderTest node;
    private Kubectl kubectl;

    @BeforeAll
    void startNode() {
        node = NodeUnderTest.simulated();
        kubectl = node.kubectl();
    }

    @AfterAll
    void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void readiness_namesItsChecks() {
        assertThat(kubectl.ok("get --raw /readyz?verbose")).contains("[+]registry ok")
                .contains("[+]container-runtime ok")
                .contains("[+]poststarthook/start-controllers ok");
    }

    @Test
    void kubernetesService_leadsToTheApi_andComesBack() {
        assertThat(kubectl.ok("get svc kubernetes")).contains("10.96.0.1").contains("443/TCP");
        assertThat(kubectl.ok("get endpoints,endpointslices")).contains(":" + node.apiPort());
        kubectl.ok("delete svc kubernetes");
        Eventually.contains(SOON, () -> kubectl.run("get svc").output(), "10.96.0.1");
    }

    @Test
    void nodePort_belongsToOneServiceOfAllNamespaces() {
        kubectl.ok("create ns ports");
        kubectl.ok("create svc nodeport a --tcp=80 --node-port=30090");
        String again = "create svc nodeport b --tcp=80 --node-port=30090 -n ports";
        assertThat(kubectl.run(again).output()).contains("Service \"b\" is invalid: "
                + "spec.ports[0].nodePort: Invalid value: 30090: provided port is already allocated");
        kubectl.ok("delete svc a");
        kubectl.ok(again);
    }
}
