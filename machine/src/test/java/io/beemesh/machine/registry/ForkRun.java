package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** One run of a mesh whose sides go on alone, with clients on all of them, from one seed. */
final class ForkRun {
    private static final int STEPS = 500;
    private static final Duration CALM = Duration.ofSeconds(40);
    /** No write is on its way so long. */
    private static final Duration CALMED = Duration.ofSeconds(6);
    private static final List<String> NAMESPACES = List.of("ns0", "ns1");

    private final Simulation simulation;
    private final RandomGenerator random;
    private final SimulatedMesh mesh;
    private final ForkCounters counters;
    private final ForkClients clients = new ForkClients();
    private final List<ForkWatch> watches = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private final StringBuilder story = new StringBuilder();
    private final List<Asked> asked = new ArrayList<>();
    private int number;
    private int faults;
    private long lastFault;
    private boolean partitioned;
    private boolean emptied;

    ForkRun(long seed, Rules rules, ForkCounters counters) {
        this(seed, rules, counters, 2, 6);
    }

    /** Of a run of few nodes most have the fewest, where a side of one is half of all. */
    ForkRun(long seed, Rules rules, ForkCounters counters, int nodesMin, int nodesMax) {
        this.simulation = new Simulation(seed);
        this.random = simulation.newRandom();
        this.counters = counters;
        NetworkConditions conditions = (random.nextBoolean()
                ? NetworkConditions.lan()
                : NetworkConditions.wan())
                .withLoss(random.nextInt(3) * 0.02, random.nextInt(3) * 0.002);
        RegistryConfig config = RegistryConfig.defaults()
                .withCheckpointBytes(1_000 + random.nextInt(50_000));
        this.mesh = new SimulatedMesh(simulation, conditions, config, rules).withSkewedClocks()
                .withNodes(random.nextInt(3) == 0 || nodesMin > 2
                        ? nodesMin + 1 + random.nextInt(nodesMax - nodesMin - 1)
                        : nodesMin);
        mesh.nodes.forEach(this::follow);
        simulation.run(Duration.ofSeconds(3));
    }

    private void follow(MeshNode node) {
        node.run(() -> node.registry().follow(new WatchListener() {
            @Override
            public void onChanges(List<Change> changes) {
                changes.forEach(clients::saw);
            }

            @Override
            public void onProgress(long version) {
                // Nothing has changed.
            }

            @Override
            public void onClosed(String reason) {
                // The node goes.
            }
        }));
    }

    void run() {
        for (int step = 0; step < STEPS; step++) {
            fault();
            for (int i = random.nextInt(3); i > 0; i--) {
                operation();
            }
            simulation.run(Duration.ofMillis(5 + random.nextInt(120)));
            checkFailures();
        }
        settle();
    }

    String story() {
        return story.toString();
    }

    private void tell(String what) {
        faults++;
        lastFault = simulation.nanoTime();
        story.append(simulation.nanoTime() / 1_000_000).append(' ').append(what).append('\n');
    }

    // Faults.

    private void fault() {
        MeshNode node = mesh.nodes.get(random.nextInt(mesh.nodes.size()));
        switch (random.nextInt(160)) {
            case 0 -> {
                if (node.isUp()) {
                    tell("crash " + mesh.nodes.indexOf(node));
                    counters.crashes++;
                    node.crash();
                }
            }
            case 1 -> {
                if (node.isUp()) {
                    tell("kill " + mesh.nodes.indexOf(node));
                    counters.crashes++;
                    node.kill();
                }
            }
            case 2, 3, 4 -> restart(node);
            case 5, 6 -> partition();
            case 7, 8 -> heal();
            default -> {
                // Nothing happens.
            }
        }
    }

    private void restart(MeshNode node) {
        if (node.isUp()) {
            return;
        }
        if (!emptied && mesh.nodes.size() > 2 && random.nextInt(8) == 0) {
            // Others have what it had: its fork was merged, or it had none.
            boolean forked = node.lives.stream().anyMatch(r -> r.counters().detached.sum() > 0);
            if (!forked) {
                emptied = true;
                tell("restart empty " + mesh.nodes.indexOf(node));
                node.restartEmpty();
                follow(node);
                return;
            }
        }
        tell("restart " + mesh.nodes.indexOf(node));
        node.restart();
        follow(node);
    }

    private void partition() {
        Set<PeerId> side = new HashSet<>();
        boolean all = random.nextInt(4) == 0;
        for (MeshNode node : mesh.nodes) {
            if (random.nextBoolean()) {
                side.add(node.self());
            }
        }
        boolean oneWay = !all && random.nextInt(4) == 0;
        tell("partition " + side.size() + " of " + mesh.nodes.size() + " oneWay=" + oneWay
                + " all=" + all);
        counters.partitions++;
        partitioned = true;
        mesh.network.partition((from, to) -> all
                ? !from.peerId().equals(to.peerId())
                : side.contains(from.peerId()) != side.contains(to.peerId())
                        && (!oneWay || side.contains(from.peerId())));
        mesh.cut = (to, from) -> all
                ? !from.equals(to)
                : side.contains(from) != side.contains(to);
    }

    private void heal() {
        if (partitioned) {
            tell("heal");
            partitioned = false;
            mesh.network.heal();
            mesh.cut = (to, from) -> false;
        }
    }

    // Clients.

    private void operation() {
        MeshNode node = mesh.nodes.get(random.nextInt(mesh.nodes.size()));
        if (!node.isUp()) {
            return;
        }
        String namespace = NAMESPACES.get(random.nextInt(NAMESPACES.size()));
        ObjectKey key = TestObjects.configMap(namespace, "o" + random.nextInt(3));
        int kind = random.nextInt(12);
        int mine = number++;
        if (kind == 0) {
            watch(node, namespace);
            return;
        }
        node.host().loop().execute(() -> {
            ForkClients.Operation operation = clients.write(key, node.registry().get(key), mine,
                    kind == 1);
            asked.add(new Asked(node, node.life, operation));
            node.registry().write(List.of(clients.mutation(operation))).thenAccept(result -> {
                clients.end(operation, result);
                if (result instanceof WriteResult.Committed done && mine % 3 == 0
                        && kind != 1) {
                    readBack(node, done.object());
                }
            }).whenComplete((done, failure) -> {
                if (failure != null) {
                    failures.add(failure);
                }
            });
        });
    }

    /**
     * The node that took a write shows it, or a later state, as long as nothing else happens. A write that was on
     * its way to a node when that was cut off may be acknowledged later, and be on the other side.
     */
    private void readBack(MeshNode node, StoredObject written) {
        if (simulation.nanoTime() - lastFault < CALMED.toNanos()) {
            return;
        }
        int before = faults;
        ObjectKey key = written.key();
        node.registry().list(key.type(), key.namespace()).thenAccept(snapshot -> {
            counters.readBack++;
            if (faults == before && snapshot.objects().stream().anyMatch(
                    o -> o.key().equals(key) && o.version() < written.version())) {
                failures.add(new AssertionError("node " + mesh.nodes.indexOf(node)
                        + " shows a state of " + key + " before the one that it acknowledged, "
                        + written.version()));
            }
        });
    }

    private void watch(MeshNode node, String namespace) {
        if (watches.size() < 6) {
            watches.add(new ForkWatch(node, namespace, failures::add));
        }
        ForkWatch watch = watches.get(random.nextInt(watches.size()));
        watch.connect(node);
    }

    private void checkFailures() {
        if (!failures.isEmpty()) {
            throw new AssertionError(String.valueOf(failures.getFirst().getMessage())
                    + describe(), failures.getFirst());
        }
    }

    private String describe() {
        StringBuilder text = new StringBuilder();
        NAMESPACES.forEach(n -> text.append(mesh.describe(SlotMap.ofNamespace(n))));
        return text.toString();
    }

    /** Whom a client asked, in which of its lives. */
    private record Asked(MeshNode node, int life, ForkClients.Operation operation) {}

    // The end.

    private void settle() {
        heal();
        for (MeshNode node : mesh.nodes) {
            if (!node.isUp()) {
                node.restart();
                follow(node);
            }
        }
        simulation.run(CALM);
        TreeMap<String, StoredObject> known = new TreeMap<>();
        List<StoredObject> last = new ArrayList<>();
        for (MeshNode node : mesh.nodes) {
            for (String namespace : NAMESPACES) {
                for (GroupResource type : List.of(GroupResource.CONFIG_MAPS,
                        GroupResource.EVENTS)) {
                    for (StoredObject object : list(node, type, namespace)) {
                        if (mesh.nodes.indexOf(node) == 0) {
                            known.put(object.key().toString(), object);
                            last.add(object);
                        } else if (!Optional.ofNullable(known.get(object.key().toString()))
                                .filter(o -> o.version() == object.version()).isPresent()) {
                            throw new AssertionError("nodes differ in " + object.key() + ": "
                                    + known.get(object.key().toString()) + " and " + object
                                    + describe());
                        }
                    }
                }
            }
            int total = NAMESPACES.stream().mapToInt(n -> list(node, GroupResource.CONFIG_MAPS, n)
                    .size() + list(node, GroupResource.EVENTS, n).size()).sum();
            if (total != last.size()) {
                throw new AssertionError("node " + mesh.nodes.indexOf(node) + " has " + total
                        + " objects where " + last.size() + " are" + describe());
            }
        }
        checkFailures();
        for (Asked each : asked) {
            if (each.life == each.node.life && clients.isOpen(each.operation)) {
                throw new AssertionError("node " + mesh.nodes.indexOf(each.node)
                        + " never answered a write of "
                        + clients.mutation(each.operation).key() + describe());
            }
        }
        clients.checkEnd(last);
        watches.forEach(w -> w.checkEnd(last));
        counters.add(mesh, clients, watches);
    }

    private List<StoredObject> list(MeshNode node, GroupResource type, String namespace) {
        List<StoredObject> found = new ArrayList<>();
        boolean[] done = {false};
        node.run(() -> node.registry().list(type, namespace).whenComplete((snapshot, failure) -> {
            done[0] = true;
            if (failure == null) {
                found.addAll(snapshot.objects());
            } else {
                failures.add(new AssertionError("node " + mesh.nodes.indexOf(node)
                        + " cannot list after all is well", failure));
            }
        }));
        simulation.runUntil(() -> done[0], Duration.ofSeconds(30));
        checkFailures();
        return found;
    }
}
