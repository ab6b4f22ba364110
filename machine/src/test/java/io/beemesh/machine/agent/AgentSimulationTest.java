package io.beemesh.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.runtime.ContainerState;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pods through faults at any step: calls that fail before or after they did their work, a node that is
 * killed, a runtime that goes away, a registry that refuses writes, sidecars that come and go. Once all is calm
 * each pod is in the state that its spec asks for, and the machine holds nothing else.
 */
final class AgentSimulationTest {
    private static final int ROUNDS = 25;

    @ParameterizedTest(name = "seed={0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void faults_thenCalm_rightState(long seed) {
        SimulatedPodNetwork network = new SimulatedPodNetwork();
        boolean sidecars = seed % 2 == 0;
        AgentScenario node = new AgentScenario(seed, sidecars ? network : PodNetwork.none())
                .start();
        RandomGenerator random = node.simulation.newRandom();
        node.runtime.failsBefore = () -> random.nextInt(100) < 12;
        node.runtime.failsAfter = () -> random.nextInt(100) < 12;
        node.runtime.script("job").lifetime = Duration.ofSeconds(7);
        node.runtime.script("init").lifetime = Duration.ofSeconds(2);
        node.create("serves", "{'containers':[{'name':'a'},{'name':'b'}]}");
        node.create("inits", "{'initContainers':[{'name':'init'},{'name':'side','restartPolicy':"
                + "'Always'}],'containers':[{'name':'a'}]}");
        node.create("job", "{'restartPolicy':'OnFailure','containers':[{'name':'job'}]}");
        node.create("deleted", "{'terminationGracePeriodSeconds':5,'containers':[{'name':'a'}]}");
        node.create("forced", "{'containers':[{'name':'a'}]}");

        for (int round = 0; round < ROUNDS; round++) {
            node.run(Duration.ofMillis(random.nextInt(4000)));
            disturb(node, random, round);
            connect(node, network, random.nextBoolean());
        }
        connect(node, network, true);
        node.runtime.failsBefore = () -> false;
        node.runtime.failsAfter = () -> false;
        node.registry.unavailable(false);
        node.runtime.down(false);
        node.run(Duration.ofMinutes(20));

        assertThat(node.isReady("serves")).as("serves %s", node.status("serves")).isTrue();
        assertThat(node.isReady("inits")).as("inits %s", node.status("inits")).isTrue();
        assertThat(node.phase("job")).as("job %s", node.status("job")).isEqualTo("Succeeded");
        assertThat(node.exists("deleted")).isFalse();
        List<String> running = node.runtime.states().stream().filter(ContainerState::isRunning)
                .map(ContainerState::name).filter(name -> !name.equals(PodNetwork.CONTAINER))
                .sorted().toList();
        assertThat(node.runtime.running(PodNetwork.CONTAINER) >= 2).isEqualTo(sidecars);
        assertThat(running).containsExactly("a", "a", "b", "side");
        assertThat(node.runtime.sandboxPods()).containsExactly("inits", "job", "serves");
    }

    private static void connect(AgentScenario node, SimulatedPodNetwork network, boolean now) {
        node.registry.peek(GroupResource.PODS, "")
                .forEach(pod -> network.connected(now, pod.uid()));
    }

    private static void disturb(AgentScenario node, RandomGenerator random, int round) {
        if (round == 8) {
            node.delete("deleted", 5);
        }
        if (round == 12) {
            node.registry.remove(AgentScenario.key("forced"));
        }
        switch (random.nextInt(round < 12 || round > 16 ? 7 : 4)) {
            case 0 -> node.runtime.down(true);
            case 1 -> node.runtime.down(false);
            case 2 -> node.registry.unavailable(random.nextBoolean());
            case 3 -> {
                List<ContainerState> states = node.runtime.states();
                if (!states.isEmpty()) {
                    node.runtime.exit(states.get(random.nextInt(states.size())).id(), 137);
                }
            }
            case 4 -> node.runtime.reboot();
            default -> {
                // A killed node learns of a forced deletion only if it was there: so not around it.
                if (round < 12) {
                    node.restart();
                }
            }
        }
    }
}
