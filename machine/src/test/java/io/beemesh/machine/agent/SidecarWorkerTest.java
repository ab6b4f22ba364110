package io.beemesh.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.network.PodNetwork;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SidecarWorkerTest {
    private final AgentScenario node = new AgentScenario(1, new SimulatedPodNetwork()).start();

    private long sidecarsMade() {
        return node.runtime.calls.stream().filter(("create " + PodNetwork.CONTAINER)::equals)
                .count();
    }

    @Test
    void pod_hasASidecar_beforeItsContainers() {
        node.create("p", "{'containers':[{'name':'a'}]}");

        node.until(() -> node.isReady("p"));

        assertThat(node.runtime.calls.indexOf("create " + PodNetwork.CONTAINER)).isNotNegative()
                .isLessThan(node.runtime.calls.indexOf("create a"));
        assertThat(sidecarsMade()).isOne();
    }

    @Test
    void sidecar_endsAgainAndAgain_backsOff() {
        node.runtime.script(PodNetwork.CONTAINER).lifetime = Duration.ofMillis(100);
        node.create("p", "{'containers':[{'name':'a'}]}");

        node.run(Duration.ofMinutes(4));

        // After 0, 10, 20, 40, 80 s; the next comes after 160 s.
        assertThat(sidecarsMade()).isBetween(5L, 7L);
        assertThat(node.told("SidecarRestarted p: The pod's sidecar has ended")).isTrue();
    }

    @Test
    void sidecar_hasEndedWhenItsStartIsAnswered_backsOff() {
        node.runtime.script(PodNetwork.CONTAINER).endsAtOnce = true;
        node.create("p", "{'containers':[{'name':'a'}]}");

        node.run(Duration.ofMinutes(4));

        assertThat(sidecarsMade()).isBetween(5L, 7L);
    }

    @Test
    void hostPortOfDatagrams_isRefused() {
        node.create("p", "{'containers':[{'name':'a','ports':[{'containerPort':80,"
                + "'hostPort':8080,'protocol':'UDP'}]}]}");

        node.until(() -> node.phase("p").equals("Failed"));

        assertThat(node.status("p").path("reason").asText()).isEqualTo("HostPort");
        assertThat(node.status("p").path("message").asText()).startsWith(
                "Pod was rejected: container \"a\" asks for hostPort 8080/UDP, which a pod with a"
                        + " sidecar cannot have");
        assertThat(sidecarsMade()).isZero();
    }
}
