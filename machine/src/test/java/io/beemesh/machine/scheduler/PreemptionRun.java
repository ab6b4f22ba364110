package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.controller.SimulatedAdmission;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.SimulatedMesh;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.protocol.scheduling.Award;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * One run of a mesh that is too small for its pods, from one seed: clients on all nodes make and delete pods of
 * three priorities in several namespaces, so several nodes schedule at once; nodes are killed and come back.
 */
final class PreemptionRun {
    static final int[] PRIORITIES = {0, 10, 100};
    private static final int NAMESPACES = 6;
    private static final int CPU_MILLIS = 4_000;
    private static final Duration BUSY = Duration.ofSeconds(40);
    private static final Duration SETTLED = Duration.ofSeconds(90);

    final Simulation simulation;
    /** Pods that were told to make room. */
    final Set<String> preempted = new HashSet<>();
    int kills;
    /** Pods that a machine had to send away, as two places had been given for one. */
    int refused;
    private final SimulatedMesh mesh;
    private final SimulatedAdmission admission;
    private final RandomGenerator random;
    private final List<Machine> machines = new ArrayList<>();
    private int made;

    PreemptionRun(long seed) {
        simulation = new Simulation(seed);
        random = simulation.newRandom();
        mesh = new SimulatedMesh(simulation, NetworkConditions.lan()
                .withLoss(random.nextInt(3) * 0.01, random.nextInt(3) * 0.002),
                RegistryConfig.defaults(), Rules.all());
        admission = new SimulatedAdmission(simulation.newLoop());
        mesh.withNodes(random.nextInt(4) == 0 ? 5 : 3);
        for (MeshNode node : mesh.nodes) {
            machines.add(new Machine("node-" + machines.size(), node));
        }
    }

    void run() {
        machines.forEach(Machine::start);
        simulation.run(Duration.ofSeconds(2));
        for (Machine machine : machines) {
            create(GroupResource.NODES, "", """
                    {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s"},
                     "status":{"allocatable":{"cpu":"%dm","memory":"64Gi","pods":"110"}}}"""
                    .formatted(machine.name, CPU_MILLIS));
        }
        simulation.run(Duration.ofSeconds(5));
        long end = simulation.nanoTime() + BUSY.toNanos();
        while (simulation.nanoTime() < end) {
            simulation.run(Duration.ofMillis(random.nextInt(800)));
            switch (random.nextInt(20)) {
                case 0 -> killOne();
                case 1, 2, 3, 4 -> deleteOne();
                default -> createPod();
            }
        }
        simulation.run(SETTLED);
        machines.forEach(this::check);
    }

    private void createPod() {
        int size = machines.size() * 2;
        create(GroupResource.PODS, "ns-" + random.nextInt(NAMESPACES), """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"p-%d","labels":{"app":"x"}},
                 "spec":{"priority":%d,"containers":[{"name":"c","image":"i","resources":{
                  "requests":{"cpu":"%dm"}}}]}}""".formatted(made++,
                PRIORITIES[random.nextInt(PRIORITIES.length)], 500 * (1 + random.nextInt(size))));
    }

    private void create(GroupResource type, String namespace, String json) {
        ApiObject object = ApiObject.parse(json.getBytes(StandardCharsets.UTF_8));
        if (!namespace.isEmpty()) {
            object.metadata().put("namespace", namespace);
        }
        try {
            admission.prepareCreate(type, object);
        } catch (RejectedException e) {
            throw new AssertionError(e);
        }
        ObjectKey key = new ObjectKey(type, namespace, object.name());
        any().write(new Mutation.Create(Draft.of(key, object)));
    }

    private void deleteOne() {
        Machine machine = any();
        List<StoredObject> pods = machine.pods();
        if (!pods.isEmpty()) {
            machine.delete(pods.get(random.nextInt(pods.size())));
        }
    }

    private void killOne() {
        if (machines.stream().allMatch(m -> m.node.isUp())) {
            Machine machine = any();
            kills++;
            machine.node.kill();
            simulation.newLoop().schedule(Duration.ofMillis(500 + random.nextInt(8_000)), () -> {
                machine.node.restart();
                machine.start();
            });
        }
    }

    private Machine any() {
        List<Machine> up = machines.stream().filter(m -> m.node.isUp()).toList();
        return up.get(random.nextInt(up.size()));
    }

    // What has to be so in the end, computed from the objects alone.

    private void check(Machine machine) {
        List<ApiObject> pods = machine.pods().stream().map(StoredObject::object)
                .filter(p -> !Pods.isTerminal(p)).toList();
        for (ApiObject pod : pods) {
            hold(!pod.isDeleting(), pod, "is still being deleted");
            if (!Pods.nodeName(pod).isEmpty()) {
                hold(Pods.phase(pod).equals("Running"), pod, "is bound and does not run");
                continue;
            }
            for (Machine other : machines) {
                int least = pods.stream().filter(p -> Pods.nodeName(p).equals(other.name)
                        && priority(p) >= priority(pod)).mapToInt(PreemptionRun::cpu).sum();
                hold(least + cpu(pod) > CPU_MILLIS, pod, "waits, but could have room on "
                        + other.name);
            }
        }
        for (Machine other : machines) {
            int used = pods.stream().filter(p -> Pods.nodeName(p).equals(other.name))
                    .mapToInt(PreemptionRun::cpu).sum();
            if (used > CPU_MILLIS) {
                throw new AssertionError(other.name + " has " + used + " of " + CPU_MILLIS);
            }
        }
    }

    private static void hold(boolean holds, ApiObject pod, String otherwise) {
        if (!holds) {
            throw new AssertionError(pod.name() + " " + otherwise + ": " + pod.tree());
        }
    }

    private static int priority(ApiObject pod) {
        return pod.spec().path("priority").asInt();
    }

    private static int cpu(ApiObject pod) {
        return PodView.of(pod).requests().getOrDefault("cpu", 0L).intValue();
    }

    /** A node with the real registry and scheduler, and a pretended kubelet. */
    private final class Machine implements Awards {
        final String name;
        final MeshNode node;
        private Optional<Awards.Machine> judge = Optional.empty();
        /** What the pods use that were let in; outlives the node's process. */
        private final Map<String, Integer> running = new HashMap<>();

        Machine(String name, MeshNode node) {
            this.name = name;
            this.node = node;
        }

        void start() {
            node.run(() -> {
                NodeRegistry registry = node.registry();
                Loop loop = node.host().loop();
                new Scheduler(loop, registry, (_, _, _, _, _) -> {
                }, name, this).start();
                registry.follow(new Kubelet());
                registry.peek(GroupResource.PODS, "").forEach(this::see);
                // By then it has caught up, and knows what went meanwhile.
                loop.schedule(Duration.ofSeconds(10), () -> running.keySet().retainAll(
                        registry.peek(GroupResource.PODS, "").stream().map(StoredObject::uid)
                                .toList()));
            });
        }

        List<StoredObject> pods() {
            List<StoredObject> pods = new ArrayList<>();
            node.run(() -> pods.addAll(node.registry().peek(GroupResource.PODS, "")));
            return pods;
        }

        void write(Mutation mutation) {
            node.run(() -> node.registry().write(List.of(mutation)));
        }

        void delete(StoredObject stored) {
            ApiObject pod = stored.object();
            switch (GracefulDeletion.delete(GroupResource.PODS, pod,
                    GracefulDeletion.Options.DEFAULT, node.host().loop().wallTime())) {
                case GracefulDeletion.Outcome.Remove(ApiObject last) -> write(
                        new Mutation.Delete(Draft.of(stored.key(), last), stored.version()));
                case GracefulDeletion.Outcome.Mark(ApiObject next) -> write(
                        new Mutation.Update(Draft.of(stored.key(), next), stored.version()));
                case GracefulDeletion.Outcome.Pending() -> {
                    // It goes already.
                }
            }
        }

        // What the kubelet does.

        private void see(StoredObject stored) {
            ApiObject pod = stored.object();
            if (Pods.condition(pod, "DisruptionTarget").isPresent()
                    && preempted.add(pod.uid())) {
                hold(priority(pod) < PRIORITIES[PRIORITIES.length - 1], pod,
                        "makes room though nothing is more important");
            }
            if (!Pods.nodeName(pod).equals(name)) {
                return;
            }
            if (pod.isDeleting()) {
                node.host().loop().schedule(Duration.ofMillis(random.nextInt(1_500)),
                        () -> edit(stored.key(), pod.uid(), now -> now.isDeleting()));
            } else if (Pods.phase(pod).equals("Pending")) {
                int used = running.values().stream().mapToInt(Integer::intValue).sum();
                boolean room = running.containsKey(pod.uid()) || used + cpu(pod) <= CPU_MILLIS;
                if (room) {
                    running.put(pod.uid(), cpu(pod));
                }
                edit(stored.key(), pod.uid(), now -> {
                    if (Pods.phase(now).equals("Pending")) {
                        refused += room ? 0 : 1;
                        now.status().put("phase", room ? "Running" : "Failed");
                    }
                    return false;
                });
            }
        }

        /** Writes until it is written what {@code change} makes of the pod, or removes it where that says so. */
        private void edit(ObjectKey key, String uid, Predicate<ApiObject> change) {
            NodeRegistry registry = node.registry();
            Optional<StoredObject> stored = registry.get(key).filter(p -> p.uid().equals(uid));
            if (stored.isEmpty()) {
                return;
            }
            ApiObject pod = stored.get().object();
            boolean remove = change.test(pod);
            Draft draft = Draft.of(key, pod);
            registry.write(List.of(remove
                    ? new Mutation.Delete(draft, stored.get().version())
                    : new Mutation.Update(draft, stored.get().version())))
                    .thenAccept(result -> {
                        boolean over = result instanceof WriteResult.Committed
                                || result instanceof WriteResult.NotFound;
                        if (!over && node.registry() == registry) {
                            node.host().loop().schedule(Duration.ofMillis(200),
                                    () -> edit(key, uid, change));
                        }
                    });
        }

        private final class Kubelet implements WatchListener {
            @Override
            public void onChanges(List<Change> changes) {
                for (Change change : changes) {
                    if (!change.object().key().type().equals(GroupResource.PODS)) {
                        continue;
                    }
                    if (change.kind() == Change.Kind.DELETED) {
                        running.remove(change.object().uid());
                    } else {
                        see(change.object());
                    }
                }
            }

            @Override
            public void onProgress(long version) {
                // Only changes matter.
            }

            @Override
            public void onClosed(String reason) {
                // The node goes.
            }
        }

        // What machines ask each other.

        @Override
        public CompletableFuture<Award.Answer> ask(String wanted, Award award) {
            CompletableFuture<Award.Answer> result = new CompletableFuture<>();
            Loop loop = node.host().loop();
            loop.schedule(Duration.ofSeconds(2),
                    () -> result.completeExceptionally(new TimeoutException("no answer")));
            machines.stream().filter(m -> m.name.equals(wanted) && m.node.isUp())
                    .forEach(m -> m.node.host().loop().schedule(Duration.ofMillis(1), () -> {
                        Award.Answer answer = m.answer(award);
                        loop.schedule(Duration.ofMillis(1), () -> result.complete(answer));
                    }));
            return result;
        }

        private Award.Answer answer(Award award) {
            try {
                return judge.orElseThrow().onAward(award);
            } catch (FormatException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void serve(Awards.Machine its) {
            judge = Optional.of(its);
        }
    }
}
