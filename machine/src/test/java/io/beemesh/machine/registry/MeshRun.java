package io.beemesh.machine.registry;

import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One run of a mesh with clients on all nodes and faults of all kinds, from one seed. */
final class MeshRun {
    private static final int STEPS = 600;
    private static final Duration CALM = Duration.ofSeconds(25);

    private final Simulation simulation;
    private final RandomGenerator random;
    private final SimulatedMesh mesh;
    private final MeshCounters counters;
    private final MeshHistory history = new MeshHistory();
    private final List<MeshWatch> watches = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private final StringBuilder story = new StringBuilder();
    private final int nodesMax;
    private int written;
    private boolean partitioned;
    private boolean emptied;

    MeshRun(long seed, Rules rules, MeshCounters counters) {
        this(seed, rules, counters, 3, 6);
    }

    /** @param nodesMax more do not join; the run begins with up to that many */
    MeshRun(long seed, Rules rules, MeshCounters counters, int nodesMin, int nodesMax) {
        this.nodesMax = nodesMax;
        this.simulation = new Simulation(seed);
        this.random = simulation.newRandom();
        this.counters = counters;
        NetworkConditions conditions = (random.nextBoolean()
                ? NetworkConditions.lan()
                : NetworkConditions.wan())
                .withLoss(random.nextInt(3) * 0.02, random.nextInt(3) * 0.002);
        RegistryConfig config = RegistryConfig.defaults().withoutDetaching()
                .withCheckpointBytes(1_000 + random.nextInt(50_000));
        this.mesh = new SimulatedMesh(simulation, conditions, config, rules).withSkewedClocks()
                .withNodes(nodesMin + random.nextInt(nodesMax - nodesMin));
    }

    void run() {
        for (int step = 0; step < STEPS; step++) {
            fault();
            for (int i = random.nextInt(4); i > 0; i--) {
                operation();
            }
            simulation.run(Duration.ofMillis(5 + random.nextInt(60)));
            checkFailures();
        }
        settle();
    }

    String story() {
        return story.toString();
    }

    private void tell(String what) {
        story.append(simulation.nanoTime() / 1_000_000).append(' ').append(what).append('\n');
    }

    // Faults.

    private void fault() {
        MeshNode node = mesh.nodes.get(random.nextInt(mesh.nodes.size()));
        switch (random.nextInt(200)) {
            case 0, 1 -> {
                if (node.isUp()) {
                    tell("crash " + mesh.nodes.indexOf(node));
                    counters.crashes++;
                    node.crash();
                }
            }
            case 2, 3 -> {
                if (node.isUp()) {
                    tell("kill " + mesh.nodes.indexOf(node));
                    counters.crashes++;
                    node.kill();
                }
            }
            case 4, 5, 6, 7, 8, 9 -> restart(node);
            case 10, 11 -> partition();
            case 12, 13, 14 -> heal();
            case 15 -> pause(node);
            case 16, 17, 19, 20 -> {
                tell("unwanted " + mesh.nodes.indexOf(node));
                node.wanted = !node.wanted;
            }
            case 21 -> {
                if (node.isUp()) {
                    tell("full " + mesh.nodes.indexOf(node));
                    counters.fullDisks++;
                    node.storage().fail(Optional.of(new Storage.Outcome.Full("no space left")));
                }
            }
            case 22, 23, 24 -> {
                if (node.isUp()) {
                    tell("room " + mesh.nodes.indexOf(node));
                    node.storage().fail(Optional.empty());
                }
            }
            case 18 -> {
                if (mesh.nodes.size() < nodesMax) {
                    tell("join");
                    mesh.join();
                }
            }
            default -> {
                // Nothing happens.
            }
        }
    }

    private void restart(MeshNode node) {
        if (node.isUp()) {
            return;
        }
        if (!emptied && random.nextInt(8) == 0) {
            emptied = true;
            tell("restart empty " + mesh.nodes.indexOf(node));
            node.restartEmpty();
        } else {
            tell("restart " + mesh.nodes.indexOf(node));
            node.restart();
        }
    }

    private void partition() {
        counters.partitions++;
        partitioned = true;
        Set<SimulatedHost> side = new HashSet<>();
        for (MeshNode node : mesh.nodes) {
            if (random.nextBoolean()) {
                side.add((SimulatedHost) node.host());
            }
        }
        boolean oneWay = random.nextInt(4) == 0;
        tell("partition " + side.size() + " of " + mesh.nodes.size() + " oneWay=" + oneWay);
        mesh.network.partition((from, to) -> side.contains(from) != side.contains(to)
                && (!oneWay || side.contains(from)));
    }

    private void heal() {
        if (partitioned) {
            tell("heal");
            partitioned = false;
            mesh.network.heal();
        }
    }

    private void pause(MeshNode node) {
        if (node.isUp()) {
            SimulatedHost host = (SimulatedHost) node.host();
            tell("pause " + mesh.nodes.indexOf(node));
            counters.pauses++;
            host.loop().pause();
            simulation.newLoop().schedule(Duration.ofMillis(random.nextInt(4_000)),
                    host.loop()::resume);
        }
    }

    // Clients.

    private void operation() {
        MeshNode node = mesh.nodes.get(random.nextInt(mesh.nodes.size()));
        if (!node.isUp()) {
            return;
        }
        ObjectKey key = TestObjects.configMap("ns" + random.nextInt(2), "o" + random.nextInt(2));
        int kind = random.nextInt(10);
        int number = written++;
        node.host().loop().execute(() -> {
            if (kind < 4) {
                read(node, key);
            } else if (kind == 4) {
                watch(node, key.namespace());
            } else {
                write(node, key, kind, number);
            }
        });
    }

    private void read(MeshNode node, ObjectKey key) {
        NodeRegistry registry = node.registry();
        MeshHistory.Operation operation = history.beginRead(key);
        registry.refresh(key).thenAccept(done -> history.endRead(operation, registry.get(key)))
                .whenComplete((done, failure) -> note(failure));
    }

    private void write(MeshNode node, ObjectKey key, int kind, int number) {
        Optional<StoredObject> current = node.registry().get(key);
        Draft draft = TestObjects.draft(key, "value-" + number);
        long expected = current.map(StoredObject::version).orElse(1L);
        Mutation mutation = current.isEmpty()
                ? new Mutation.Create(draft)
                : kind == 9
                        ? new Mutation.Delete(Draft.of(key, current.get().object()), expected)
                        : new Mutation.Update(draft, expected);
        MeshHistory.Operation operation = history.beginWrite(mutation);
        node.registry().write(List.of(mutation))
                .thenAccept(result -> history.endWrite(operation, result))
                .whenComplete((done, failure) -> note(failure));
    }

    private void watch(MeshNode node, String namespace) {
        int life = node.life;
        MeshWatch watch = new MeshWatch(node, life, namespace);
        node.registry().list(GroupResource.CONFIG_MAPS, namespace).thenCompose(snapshot -> {
            watch.begin(snapshot);
            return node.registry().watch(GroupResource.CONFIG_MAPS, namespace,
                    snapshot.version(), watch);
        }).whenComplete((open, failure) -> {
            if (failure == null) {
                watches.add(watch);
            }
            note(failure);
        });
    }

    /** What a future caught is not to be lost in it. */
    private void note(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause != null && !(cause instanceof UnavailableException)
                && !(cause instanceof VersionExpiredException)) {
            failures.add(cause);
        }
    }

    private void checkFailures() {
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.getFirst().getMessage()
                    + mesh.describe(SlotMap.ofNamespace("ns0"))
                    + mesh.describe(SlotMap.ofNamespace("ns1")), failures.getFirst());
        }
    }

    // The end.

    private void readAtTheEnd(MeshNode node, ObjectKey key) {
        boolean[] done = {false};
        node.run(() -> node.registry().refresh(key).whenComplete((ok, failure) -> {
            done[0] = true;
            if (failure != null) {
                failures.add(new AssertionError("node " + mesh.nodes.indexOf(node)
                        + " cannot read " + key + " after all is well: "
                        + mesh.describe(SlotMap.of(key)), failure));
            }
        }));
        simulation.runUntil(() -> done[0], Duration.ofSeconds(30));
        checkFailures();
    }

    private void settle() {
        heal();
        for (MeshNode node : mesh.nodes) {
            node.wanted = true;
            if (!node.isUp()) {
                node.restart();
            }
            node.storage().fail(Optional.empty());
        }
        simulation.run(CALM);
        Map<ObjectKey, Optional<StoredObject>> last = new TreeMap<>();
        for (MeshNode node : mesh.nodes) {
            for (int i = 0; i < 4; i++) {
                ObjectKey key = TestObjects.configMap("ns" + i / 2, "o" + i % 2);
                readAtTheEnd(node, key);
                Optional<StoredObject> state = node.registry().get(key);
                Optional<StoredObject> known = last.putIfAbsent(key, state);
                if (known != null && !known.map(StoredObject::version)
                        .equals(state.map(StoredObject::version))) {
                    throw new AssertionError(
                            "nodes differ in " + key + ": " + known.map(StoredObject::version)
                                    + " and " + state.map(StoredObject::version) + " "
                                    + mesh.describe(SlotMap.of(key)));
                }
            }
        }
        history.checkEnd(last);
        for (MeshWatch watch : watches) {
            watch.checkEnd(last);
        }
        counters.add(mesh, history, watches.size());
    }
}
