package io.beemesh.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.network.PodNetwork;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SidecarWorkerTest {
    private final SimulatedPodNetwork network = new SimulatedPodNetwork();
    private final AgentScenario node = new AgentScenario(1, network).start();

    private void connect(boolean connected) {
        node.registry.get(AgentScenario.key("p"))
                .ifPresent(pod -> network.connected(connected, pod.uid()));
    }

    private long made(String name) {
        return node.runtime.calls.stream().filter(("create " + name)::equals).count();
    }

    private long sidecarsMade() {
        return made(PodNetwork.CONTAINER);
    }

    /** All of a pod that could be done before its network is, so that its start is short then. */
    @Test
    void containers_areMadeWhileTheSidecarConnects_andRunOnlyThen() {
        node.create("p", "{'containers':[{'name':'a'},{'name':'b'}]}");
        connect(false);

        node.run(Duration.ofMinutes(1));

        assertThat(node.runtime.running(PodNetwork.CONTAINER)).isOne();
        assertThat(node.runtime.calls.stream().filter("init"::equals)).hasSize(2);
        assertThat(node.runtime.running("a") + node.runtime.running("b")).isZero();
        assertThat(node.state("p", "a")).isEqualTo("ContainerCreating");

        connect(true);
        node.until(() -> node.isReady("p"));

        assertThat(made("a")).isOne();
        assertThat(made("b")).isOne();
        assertThat(sidecarsMade()).isOne();
    }

    @Test
    void sandboxThatGoesWhileContainersWait_takesThemAlong() {
        node.create("p", "{'containers':[{'name':'a'}]}");
        connect(false);
        node.until(() -> node.runtime.calls.contains("init"));
        node.run(Duration.ofSeconds(1));

        node.runtime.reboot();
        node.until(() -> sidecarsMade() == 2);
        connect(true);
        node.until(() -> node.isReady("p"));

        assertThat(made("a")).isEqualTo(2);
        assertThat(node.container("p", "a").path("restartCount").asInt()).isZero();
        assertThat(node.runtime.running("a")).isOne();
    }

    @Test
    void podThatAnotherSetAdopts_getsANewSidecar_andKeepsItsContainers() {
        network.identity = pod -> pod.controller().map(owner -> owner.path("uid").asText(""))
                .orElse("none");
        node.create("p", "{'containers':[{'name':'a'}]}");
        node.until(() -> node.isReady("p"));

        node.registry.edit(AgentScenario.key("p"), pod -> pod.metadata()
                .putArray("ownerReferences").addObject().put("controller", true).put("uid", "s2"));
        node.until(() -> sidecarsMade() == 2);
        node.run(Duration.ofSeconds(5));

        assertThat(network.lastRunning).isEqualTo("none");
        assertThat(node.runtime.running(PodNetwork.CONTAINER)).isOne();
        assertThat(node.runtime.running("a")).isOne();
        assertThat(made("a")).isOne();
    }

    @Test
    void nodeRestarted_sidecarGoesOn_unlessThePodHasAnotherIdentity() {
        node.create("p", "{'containers':[{'name':'a'}]}");
        node.until(() -> node.isReady("p"));
        node.restart();
        node.run(Duration.ofSeconds(5));
        assertThat(sidecarsMade()).isOne();

        network.identity = pod -> "set/s1/0";
        node.restart();
        node.until(() -> sidecarsMade() == 2);
        node.run(Duration.ofSeconds(5));
        assertThat(network.lastRunning).isEqualTo("pod");
        assertThat(sidecarsMade()).isEqualTo(2);
        assertThat(made("a")).isOne();
    }

    @Test
    void podThatHasEnded_leavesTheNetwork_andItsObjectStays() {
        node.create("p", "{'restartPolicy':'Never','containers':[{'name':'a'}]}");
        node.until(() -> node.isReady("p"));
        String uid = node.registry.get(AgentScenario.key("p")).orElseThrow().uid();
        assertThat(network.removed).isEmpty();

        node.runtime.exit(node.runtime.states().stream()
                .filter(state -> state.name().equals("a")).findFirst().orElseThrow().id(), 0);
        node.until(() -> network.removed.contains(uid));

        node.run(Duration.ofSeconds(10));
        assertThat(node.phase("p")).isEqualTo("Succeeded");
        assertThat(network.removed).containsExactly(uid);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void podDeletedWhileContainersWait_leavesNothing(int millis) {
        node.create("p", "{'containers':[{'name':'a'}]}");
        connect(false);
        node.until(() -> node.runtime.calls.contains("init"));
        node.run(Duration.ofMillis(millis));

        node.delete("p", 30);
        node.until(() -> !node.exists("p"));

        assertThat(node.runtime.states()).isEmpty();
        assertThat(node.runtime.sandboxCount()).isZero();
    }

    @Test
    void nodeKilledWhileContainersWait_makesThemAnew() {
        node.create("p", "{'containers':[{'name':'a'}]}");
        connect(false);
        node.until(() -> node.runtime.calls.contains("init"));
        node.run(Duration.ofSeconds(1));

        node.restart();
        connect(true);
        node.until(() -> node.isReady("p"));

        assertThat(node.runtime.states()).hasSize(2);
        assertThat(node.container("p", "a").path("restartCount").asInt()).isZero();
    }

    /** As after an update of a node whose pods had none. */
    @Test
    void podThatRunsWithoutSidecar_keepsItsNetwork() {
        AgentScenario older = new AgentScenario(2).start();
        older.create("p", "{'containers':[{'name':'a'}]}");
        older.until(() -> older.isReady("p"));

        older.restartWith(network);
        older.run(Duration.ofMinutes(1));
        assertThat(older.isReady("p")).isTrue();
        assertThat(older.runtime.calls).doesNotContain("create " + PodNetwork.CONTAINER);
        older.runtime.exit(older.runtime.states().getFirst().id(), 1);
        older.until(() -> older.container("p", "a").path("restartCount").asInt() == 1);
        older.until(() -> older.isReady("p"));
        assertThat(older.runtime.calls).doesNotContain("create " + PodNetwork.CONTAINER);

        // A new sandbox is of the new kind.
        older.runtime.reboot();
        older.until(() -> older.runtime.running(PodNetwork.CONTAINER) == 1);
        older.until(() -> older.isReady("p"));
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
    void hostPortOfSctp_isRefused() {
        node.create("p", "{'containers':[{'name':'a','ports':[{'containerPort':80,"
                + "'hostPort':8080,'protocol':'SCTP'}]}]}");

        node.until(() -> node.phase("p").equals("Failed"));

        assertThat(node.status("p").path("reason").asText()).isEqualTo("HostPort");
        assertThat(node.status("p").path("message").asText()).startsWith(
                "Pod was rejected: container \"a\" asks for hostPort 8080/SCTP, which a pod with a"
                        + " sidecar cannot have");
        assertThat(sidecarsMade()).isZero();
    }
}
