package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the registry of a mesh sends by its number of nodes: when slots are founded, idle, and with writes.
 *
 * <p>{@code -Dbeemesh.nodes=3,8,16,32,64} measures these, and prints a line each.
 */
class MeshSizeSimulationTest {
    private static final int SLOTS = 100;
    private static final int WRITES = 400;
    private static final Duration BETWEEN_WRITES = Duration.ofMillis(25);
    private static final Duration IDLE = Duration.ofSeconds(20);

    static List<Integer> nodes() {
        return Arrays.stream(System.getProperty("beemesh.nodes", "16").split(",", -1))
                .map(Integer::valueOf).toList();
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void registry_ofManyNodes_costsWhatIsPrinted(int count) {
        Simulation simulation = new Simulation(count);
        SimulatedMesh mesh = new SimulatedMesh(simulation, NetworkConditions.lan(),
                RegistryConfig.defaults(), Rules.all()).withNodes(count);
        mesh.counting = true;
        simulation.run(Duration.ofSeconds(5));
        RandomGenerator random = simulation.newRandom();

        List<Double> founding = new ArrayList<>();
        long before = mesh.messages;
        for (int i = 0; i < SLOTS; i++) {
            write(simulation, any(mesh, random), i, founding);
        }
        simulation.run(Duration.ofSeconds(30));
        assertThat(founding).hasSize(SLOTS);
        long founded = (mesh.messages - before) / SLOTS;
        for (MeshNode node : mesh.nodes) {
            node.run(() -> assertThat(node.registry().slots()).hasSizeGreaterThan(SLOTS / 2)
                    .allMatch(slot -> slot.homes().size() == Math.min(count, Placement.HOMES)));
        }

        mesh.messages = 0;
        mesh.bytes = 0;
        simulation.run(IDLE);
        double idle = perNode(mesh.messages, count, IDLE);
        double idleBytes = perNode(mesh.bytes, count, IDLE);

        mesh.messages = 0;
        mesh.bytes = 0;
        List<Double> writes = new ArrayList<>();
        for (int i = 0; i < WRITES; i++) {
            write(simulation, any(mesh, random), random.nextInt(SLOTS), writes);
            simulation.run(BETWEEN_WRITES);
        }
        Duration load = BETWEEN_WRITES.multipliedBy(WRITES);
        double loaded = perNode(mesh.messages, count, load);
        double loadedBytes = perNode(mesh.bytes, count, load);
        writes.sort(null);
        founding.sort(null);
        System.out.println(String.format(Locale.ROOT,
                "Registry at size nodes=%d idle=%.0f msg/s %.1f kB/s per node, 40 writes/s=%.0f msg/s"
                        + " %.1f kB/s, write p50=%.1f ms p99=%.1f ms, new slot=%d messages p50=%.0f ms"
                        + " p99=%.0f ms",
                count, idle, idleBytes / 1000, loaded, loadedBytes / 1000, at(writes, 0.5),
                at(writes, 0.99), founded, at(founding, 0.5), at(founding, 0.99)));
        assertThat(writes).hasSizeGreaterThan(WRITES * 9 / 10);
        assertThat(idle).as("messages a second that an idle node sends").isLessThan(16.0 * count);
    }

    private static MeshNode any(SimulatedMesh mesh, RandomGenerator random) {
        return mesh.nodes.get(random.nextInt(mesh.nodes.size()));
    }

    private static double perNode(long sum, int nodes, Duration time) {
        return (double) sum / nodes / time.toSeconds();
    }

    private static double at(List<Double> sorted, double part) {
        return sorted.get((int) (part * (sorted.size() - 1)));
    }

    /** Notes how long it takes in milliseconds; a write that meets another's is not counted. */
    private static void write(Simulation simulation, MeshNode node, int number,
            List<Double> millis) {
        ObjectKey key = TestObjects.configMap("ns" + number, "o");
        node.host().loop().execute(() -> {
            long begun = simulation.nanoTime();
            Optional<StoredObject> current = node.registry().get(key);
            node.registry().write(current
                    .map(o -> TestObjects.updating(o, "v" + begun))
                    .orElseGet(() -> TestObjects.creating(key, "v" + begun)))
                    .thenAccept(result -> {
                        if (result instanceof WriteResult.Committed) {
                            millis.add((simulation.nanoTime() - begun) / 1e6);
                        }
                    });
        });
    }
}
