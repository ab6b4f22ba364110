package io.beemesh.machine.siblings;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.controller.SimulatedAdmission;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.SimulatedMesh;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import io.beemesh.protocol.siblings.Presence;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * One run of a mesh in which a hundred of a workload's replicas are lost at once, from one seed: to {@code podman
 * pod rm}, to dead machines, to machines whose node is killed and comes back, or to a partition; with lost,
 * doubled and late gossip, tasks that come twice, broken streams, and sidecars that restart. Checks I2, I3, I5 and
 * how many pods were started.
 */
final class CloneRun {
    static final String NAMESPACE = "default";
    static final int LOST = 100;
    private static final int REST = 20;
    private static final int WANTED = LOST + REST;
    private static final Duration STEP = Duration.ofMillis(500);
    private static final Duration HEALED_MAX = Duration.ofSeconds(60);
    private static final ObjectKey SET = new ObjectKey(GroupResource.REPLICA_SETS, NAMESPACE,
            "web");

    /** What happens to a hundred replicas. */
    enum Fault {
        PODS, MACHINES, NODES_RESTART, PARTITION, SIDECARS
    }

    final Simulation simulation;
    final CloneRules rules;
    final List<SimulatedMachine> machines = new ArrayList<>();
    private final RandomGenerator random;
    private final SimulatedMesh mesh;
    private final SimulatedAdmission admission;
    private final CloneCounters counters;
    private final Meters meters = new Meters();
    private final Fault fault;
    private final double gossipLoss;
    private final double gossipDoubled;
    private final Set<PeerId> victims = new HashSet<>();
    /** Pods that were there when it happened. */
    private Set<String> before = Set.of();
    private final Set<String> made = new HashSet<>();
    private final Set<String> killed = new HashSet<>();
    private final Map<String, ApiObject> parsed = new HashMap<>();
    private boolean cut;
    private boolean settled;

    /** @param faults of which the seed takes one */
    CloneRun(long seed, CloneRules rules, CloneCounters counters, List<Fault> faults) {
        this.simulation = new Simulation(seed);
        this.random = simulation.newRandom();
        this.rules = rules;
        this.counters = counters;
        this.fault = faults.get(random.nextInt(faults.size()));
        this.gossipLoss = random.nextInt(4) * 0.05;
        this.gossipDoubled = random.nextInt(3) * 0.05;
        NetworkConditions conditions = NetworkConditions.lan()
                .withLoss(random.nextInt(3) * 0.01, random.nextInt(3) * 0.002);
        this.mesh = new SimulatedMesh(simulation, conditions, RegistryConfig.defaults(),
                Rules.all());
        this.admission = new SimulatedAdmission(simulation.newLoop());
        mesh.withNodes(random.nextInt(4) == 0 ? 5 : 3);
        for (MeshNode node : mesh.nodes) {
            machines.add(new SimulatedMachine(this, node, "node-" + machines.size()));
        }
        int count = switch (fault) {
            case PARTITION, NODES_RESTART, MACHINES -> 1 + random.nextInt(machines.size() - 1);
            case PODS, SIDECARS -> machines.size() - 1;
        };
        for (int i = 0; i < count; i++) {
            victims.add(machines.get(i).id());
        }
    }

    // What machines see.

    boolean reaches(SimulatedMachine from, SimulatedMachine to) {
        return to.node.isUp()
                && (!cut || victims.contains(from.id()) == victims.contains(to.id()));
    }

    Optional<PeerId> peerOf(String name) {
        return machines.stream().filter(m -> m.name.equals(name)).map(SimulatedMachine::id)
                .findFirst();
    }

    /** While the mesh is filled a hundred replicas go to the victims. */
    String place(SimulatedMachine from, ApiObject pod) {
        int index = Integer.parseInt(pod.labels().getOrDefault(Ledger.INDEX_LABEL, "0"));
        List<SimulatedMachine> fit = machines.stream()
                .filter(m -> settled
                        ? reaches(from, m)
                        : victims.contains(m.id()) == index < LOST)
                .toList();
        return fit.get(index % fit.size()).name;
    }

    void gossip(SimulatedMachine from, Owner owner, Presence presence) {
        for (SimulatedMachine to : machines) {
            if (to == from || !reaches(from, to) || random.nextDouble() < gossipLoss) {
                continue;
            }
            int copies = random.nextDouble() < gossipDoubled ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                Duration delay = Duration.ofMillis(
                        1 + random.nextInt(random.nextInt(10) == 0 ? 800 : 30));
                to.node.host().loop().schedule(delay,
                        () -> to.hear(owner, from.id(), presence));
            }
        }
    }

    /** A pod came into being. */
    void made(StoredObject pod) {
        if (!before.contains(pod.uid())) {
            made.add(pod.uid());
        }
    }

    // The run.

    void run() {
        machines.forEach(m -> m.start(admission, CloneMeters.of(meters)));
        simulation.run(Duration.ofSeconds(2));
        create(ObjectKey.cluster(GroupResource.NAMESPACES, NAMESPACE),
                "{\"kind\":\"Namespace\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"default\"}}");
        for (SimulatedMachine machine : machines) {
            create(ObjectKey.cluster(GroupResource.NODES, machine.name),
                    "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\""
                            + machine.name + "\"}}");
        }
        create(SET,
                """
                        {"kind":"ReplicaSet","apiVersion":"apps/v1","metadata":{"name":"web",
                         "namespace":"default"},"spec":{"replicas":%d,"selector":{"matchLabels":{"app":"a"}},
                         "template":{"metadata":{"labels":{"app":"a"}},"spec":{
                         "containers":[{"name":"c","image":"i"}]}}}}"""
                        .formatted(WANTED));
        until(this::isWhole, Duration.ofMinutes(2), "the workload is not up");
        settled = true;
        simulation.run(Duration.ofSeconds(40));
        before = uids(machines.getLast());
        made.clear();
        int needed = strike();
        counters.runs++;
        long began = simulation.nanoTime();
        Duration patience = fault == Fault.PARTITION ? Duration.ofSeconds(90) : HEALED_MAX;
        boolean noticed = switch (fault) {
            case PODS, MACHINES -> true;
            // Sometimes it is over while machines are held for dead and replicas made.
            case NODES_RESTART, PARTITION -> random.nextInt(4) != 0;
            case SIDECARS -> false;
        };
        if (noticed) {
            until(() -> !isWhole(), patience, "nobody notices");
            until(() -> isWhole() && quiet(), patience, "the workload is not whole again");
            counters.healed(Duration.ofNanos(simulation.nanoTime() - began));
        }
        simulation.run(Duration.ofMillis(random.nextInt(noticed ? 30_000 : 8_000)));
        if (fault == Fault.NODES_RESTART || fault == Fault.PARTITION) {
            comeBack();
            until(() -> isWhole() && quiet(), HEALED_MAX, "the surplus is not gone");
        }
        simulation.run(Duration.ofSeconds(20));
        check(isWhole(), "the workload does not stay whole");
        counters.needed += needed;
        counters.made += made.size();
        check(made.size() <= needed * 1.02, "started " + made.size() + " pods of " + needed
                + " that were needed");
        Set<String> after = uids(machines.getLast());
        for (String uid : before) {
            check(after.contains(uid) || !isSound(uid), "the healthy pod " + uid
                    + " was stopped");
        }
        CloneMeters clones = CloneMeters.of(meters);
        check(fault != Fault.PODS || clones.published().value() > 0,
                "no sibling had a replica made anew");
        counters.published += clones.published().value();
        counters.duplicates += clones.duplicates().value();
        counters.vetoed += clones.vetoed().value();
        counters.drained += clones.drained().value();
    }

    /** A pod whose containers never ended, on a machine that is there. */
    private boolean isSound(String uid) {
        return !killed.contains(uid);
    }

    /** How many replicas have to be made anew at most. */
    private int strike() {
        blink(random.nextInt(10));
        List<SimulatedMachine> hit = machines.stream().filter(m -> victims.contains(m.id()))
                .toList();
        return switch (fault) {
            case PODS -> {
                hit.forEach(this::killPods);
                yield LOST;
            }
            case SIDECARS -> {
                blink(LOST);
                yield 0;
            }
            case MACHINES -> {
                for (SimulatedMachine machine : hit) {
                    killed.addAll(machine.pods.running());
                    machine.node.crash();
                    machine.pods.loseAll();
                }
                yield LOST;
            }
            case NODES_RESTART -> {
                hit.forEach(m -> m.node.kill());
                yield LOST;
            }
            case PARTITION -> {
                cut = true;
                mesh.cut = (to, from) -> victims.contains(to) != victims.contains(from);
                mesh.network.partition((from, to) -> victims.contains(from.peerId()) != victims
                        .contains(to.peerId()));
                // Each side makes what the other has.
                yield WANTED;
            }
        };
    }

    private void killPods(SimulatedMachine machine) {
        for (StoredObject pod : pods(machine)) {
            if (Pods.nodeName(pod.object()).equals(machine.name)) {
                killed.add(pod.uid());
                machine.node.run(() -> machine.pods.kill(pod.key(), pod.uid()));
            }
        }
    }

    private void blink(int count) {
        for (SimulatedMachine machine : machines) {
            List<String> uids = List.copyOf(machine.pods.running());
            machine.node.run(() -> uids.stream().limit(count / machines.size() + 1L)
                    .forEach(machine.pods::blink));
        }
    }

    private void comeBack() {
        if (fault == Fault.PARTITION) {
            cut = false;
            mesh.cut = (to, from) -> false;
            mesh.network.heal();
        } else {
            for (SimulatedMachine machine : machines) {
                if (victims.contains(machine.id())) {
                    machine.node.restart();
                    machine.start(admission, CloneMeters.of(meters));
                }
            }
        }
    }

    // What is checked.

    private void until(BooleanSupplier condition, Duration limit, String otherwise) {
        long deadline = simulation.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            check(simulation.nanoTime() < deadline, otherwise);
            simulation.run(STEP);
            checkBounds();
        }
    }

    /** I3: what runs and is not on its way out. */
    private void checkBounds() {
        if (!settled) {
            return;
        }
        int sides = fault == Fault.PARTITION || fault == Fault.NODES_RESTART ? 2 : 1;
        for (SimulatedMachine machine : machines) {
            if (machine.node.isUp()) {
                long active = active(machine).size();
                check(active <= (long) WANTED * sides, machine.name + " has " + active
                        + " replicas");
                if (cut) {
                    long here = active(machine).stream().filter(p -> reaches(machine,
                            named(Pods.nodeName(p)))).count();
                    check(here <= WANTED, machine.name + " has " + here + " on its side");
                }
            }
        }
    }

    private SimulatedMachine named(String name) {
        return machines.stream().filter(m -> m.name.equals(name)).findFirst()
                .orElse(machines.getFirst());
    }

    private List<StoredObject> pods(SimulatedMachine machine) {
        List<StoredObject> pods = new ArrayList<>();
        machine.node.run(() -> pods.addAll(machine.node.registry().peek(GroupResource.PODS,
                NAMESPACE)));
        return pods;
    }

    /** Parsed once, however many machines have it. */
    private ApiObject parsed(StoredObject pod) {
        return parsed.computeIfAbsent(pod.uid() + "@" + pod.version(), at -> pod.object());
    }

    private List<ApiObject> active(SimulatedMachine machine) {
        return pods(machine).stream().map(this::parsed)
                .filter(p -> Pods.isActive(p) && !Pods.isLost(p)).toList();
    }

    private Set<String> uids(SimulatedMachine machine) {
        Set<String> uids = new HashSet<>();
        active(machine).forEach(p -> uids.add(p.uid()));
        return uids;
    }

    /** I2, as this machine sees it. */
    private boolean isWholeOn(SimulatedMachine machine) {
        if (!machine.node.isUp()) {
            return true;
        }
        List<ApiObject> active = active(machine);
        return active.size() == WANTED && active.stream().allMatch(p -> Pods.isReady(p)
                && named(Pods.nodeName(p)).pods.has(p.uid()));
    }

    /** Each side of a partition by itself. */
    private boolean isWhole() {
        return machines.stream().allMatch(this::isWholeOn);
    }

    /** Nothing is on its way out where somebody could see to it. */
    private boolean quiet() {
        return machines.stream().filter(m -> m.node.isUp()).allMatch(m -> pods(m).stream()
                .map(this::parsed).noneMatch(
                        p -> p.isDeleting() && reaches(m, named(Pods.nodeName(p)))));
    }

    private void create(ObjectKey key, String json) {
        ApiObject object = ApiObject.parse(json.getBytes(StandardCharsets.UTF_8));
        try {
            admission.prepareCreate(key.type(), object);
        } catch (RejectedException e) {
            throw new AssertionError(e);
        }
        MeshNode first = machines.getLast().node;
        first.run(() -> {
            if (first.registry().get(key).isEmpty()) {
                first.registry().write(List.of(new Mutation.Create(Draft.of(key, object))));
            }
        });
        until(() -> machines.stream().allMatch(m -> m.node.registry().get(key).isPresent()),
                Duration.ofMinutes(1), key + " is not there");
    }

    private void check(boolean holds, String otherwise) {
        if (!holds) {
            StringBuilder text = new StringBuilder(otherwise).append("; fault=").append(fault)
                    .append(" machines=").append(machines.size()).append(" victims=")
                    .append(victims.size()).append(" made=").append(made.size());
            for (SimulatedMachine machine : machines) {
                if (machine.node.isUp()) {
                    List<ApiObject> active = active(machine);
                    text.append("; ").append(machine.name).append(" active=")
                            .append(active.size()).append(" ready=")
                            .append(active.stream().filter(Pods::isReady).count())
                            .append(" all=").append(pods(machine).size()).append(" unbound=")
                            .append(active.stream().filter(p -> Pods.nodeName(p).isEmpty())
                                    .count());
                }
            }
            throw new AssertionError(text.toString());
        }
    }
}
