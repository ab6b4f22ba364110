package io.beemesh.machine.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.runtime.RuntimeFailure;
import io.beemesh.machine.runtime.SimulatedProber;
import io.beemesh.machine.runtime.SimulatedVolumes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** One node with a scripted machine and a registry that outlives it, on virtual time. */
final class AgentScenario {
    static final String NODE = "node-1";

    final Simulation simulation;
    final ScriptedRuntime runtime;
    final InMemoryRegistry registry;
    final List<String> events = new ArrayList<>();
    private PodNetwork network;
    private SimulatedLoop loop;
    private NodeAgent agent;

    AgentScenario(long seed) {
        this(seed, PodNetwork.none());
    }

    AgentScenario(long seed, PodNetwork network) {
        this.network = network;
        simulation = new Simulation(seed);
        SimulatedLoop machine = simulation.newLoop();
        runtime = new ScriptedRuntime(machine);
        runtime.images.add("docker.io/library/app:1");
        registry = new InMemoryRegistry(machine);
        loop = simulation.newLoop();
        agent = newAgent();
    }

    /** Begins the first life of the node. */
    AgentScenario start() {
        agent.start();
        simulation.run(Duration.ofSeconds(1));
        return this;
    }

    /** As kill -9 and start: nothing that was planned happens, all is learned anew. */
    void restart() {
        loop.stop();
        registry.dropFollowers();
        loop = simulation.newLoop();
        agent = newAgent();
        agent.start();
    }

    /** The same with another setting of the pods' network. */
    void restartWith(PodNetwork other) {
        network = other;
        restart();
    }

    private NodeAgent newAgent() {
        runtime.attach(loop);
        AgentConfig.Amounts amounts = new AgentConfig.Amounts(2000, 4L << 30, 10L << 30);
        AgentConfig config = new AgentConfig(NODE, "192.0.2.1", Map.of(),
                new AgentConfig.MachineFacts(amounts, amounts, 10, "id", "boot", "6", "os",
                        "amd64", "v1.34.0"),
                new AgentConfig.Dns(List.of(), "cluster.local", "nameserver 192.0.2.53\n"));
        Machine machine = new Machine(runtime, new SimulatedVolumes(loop),
                new SimulatedProber(loop),
                (_, _, _, _) -> CompletableFuture.failedFuture(
                        new RuntimeFailure(RuntimeFailure.Kind.REFUSED, "no tokens here")),
                network);
        return new NodeAgent(loop, registry, machine,
                (object, _, reason, message, _) -> events
                        .add(reason + " " + object.name() + ": " + message),
                config, simulation.newRandom());
    }

    /** Binds a pod with this spec to the node, with what the API's defaulting would add. */
    void create(String name, String spec) {
        ObjectNode tree = Json.object();
        tree.put("kind", "Pod").put("apiVersion", "v1");
        ApiObject pod = new ApiObject(tree);
        pod.metadata().put("name", name).put("namespace", "default").put("uid", "uid-" + name
                + "-" + registry.version());
        tree.set("spec", parse(spec));
        pod.spec().put("nodeName", NODE);
        pod.spec().withArray("containers").forEach(AgentScenario::fill);
        pod.tree().path("spec").path("initContainers").forEach(AgentScenario::fill);
        pod.status().put("phase", "Pending").put("qosClass", "BestEffort");
        registry.put(GroupResource.PODS, pod);
    }

    private static void fill(JsonNode container) {
        if (!container.has("image")) {
            ((ObjectNode) container).put("image", "app:1");
        }
    }

    static ObjectNode parse(String json) {
        try {
            return (ObjectNode) Json
                    .parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    static ObjectKey key(String pod) {
        return new ObjectKey(GroupResource.PODS, "default", pod);
    }

    /** Deletes as {@code kubectl delete} does. */
    void delete(String name, int graceSeconds) {
        registry.edit(key(name), pod -> pod.metadata()
                .put("deletionTimestamp",
                        ContainerEnd.time(simulation.wallTime().plusSeconds(graceSeconds)))
                .put("deletionGracePeriodSeconds", graceSeconds));
    }

    boolean exists(String name) {
        return registry.get(key(name)).isPresent();
    }

    JsonNode status(String name) {
        return registry.get(key(name)).map(o -> o.object().tree().path("status"))
                .orElseGet(Json::object);
    }

    String phase(String name) {
        return status(name).path("phase").asText();
    }

    JsonNode container(String pod, String container) {
        JsonNode found = PodPhase.status(status(pod).path("containerStatuses"), container);
        return found.isMissingNode()
                ? PodPhase.status(status(pod).path("initContainerStatuses"), container)
                : found;
    }

    /** {@code running}, or the reason of a waiting or terminated container. */
    String state(String pod, String container) {
        JsonNode state = container(pod, container).path("state");
        return state.has("running")
                ? "running"
                : state.path("waiting").path("reason")
                        .asText(state.path("terminated").path("reason").asText("none"));
    }

    String condition(String pod, String type) {
        for (JsonNode condition : status(pod).path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    boolean isReady(String pod) {
        return condition(pod, "Ready").equals("True");
    }

    void run(Duration time) {
        simulation.run(time);
    }

    void until(BooleanSupplier condition) {
        simulation.runUntil(condition, Duration.ofMinutes(10));
    }

    boolean told(String text) {
        return events.stream().anyMatch(event -> event.contains(text));
    }
}
