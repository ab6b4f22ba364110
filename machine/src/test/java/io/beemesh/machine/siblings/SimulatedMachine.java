package io.beemesh.machine.siblings;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.controller.Controllers;
import io.beemesh.machine.controller.SimulatedAdmission;
import io.beemesh.machine.controller.SimulatedKinds;
import io.beemesh.machine.event.EventRecorder;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.siblings.PodWord.Word;
import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneTask;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import io.beemesh.protocol.siblings.Presence;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * A machine of a {@link CloneRun}: the real registry, controllers and self-cloner, over pretended pods, gossip
 * and membership. What it runs outlives its node's process.
 */
final class SimulatedMachine {
    static final GroupResource NODES = GroupResource.NODES;
    private static final Duration TICK = Duration.ofMillis(250);
    private static final Duration DEAD_MIN = Duration.ofSeconds(3);
    /** Of so many tasks one comes a second time, up to so much later. */
    private static final int REPEATED = 4;
    private static final int LATE_MILLIS_MAX = 2_000;
    private static final String UNREACHABLE = "node.kubernetes.io/unreachable";

    final MeshNode node;
    final String name;
    final SimulatedPods pods;
    private final CloneRun run;
    private final RandomGenerator random;
    private final Map<PeerId, Long> silentSince = new HashMap<>();
    private final Set<PeerId> lost = new HashSet<>();
    private final Set<String> followed = new HashSet<>();
    private Optional<SelfCloner> cloner = Optional.empty();
    private NodeRegistry registry;

    SimulatedMachine(CloneRun run, MeshNode node, String name) {
        this.run = run;
        this.node = node;
        this.name = name;
        this.random = run.simulation.newRandom();
        this.pods = new SimulatedPods(name, run.simulation.newRandom());
        this.registry = node.registry();
    }

    PeerId id() {
        return node.self();
    }

    /** Begins with what the registry and the machine have. */
    void start(SimulatedAdmission admission, CloneMeters meters) {
        registry = node.registry();
        silentSince.clear();
        lost.clear();
        followed.clear();
        node.run(() -> assemble(admission, meters));
    }

    private void assemble(SimulatedAdmission admission, CloneMeters meters) {
        Loop loop = node.host().loop();
        EventRecorder events = new EventRecorder(loop, registry, admission, name);
        Controllers controllers = new Controllers(loop, registry, admission, events,
                new Controllers.Config("PEM", new SimulatedKinds(), volume -> "/data/" + volume,
                        new Controllers.ApiAddress("192.0.2.7", 6443), meters,
                        name -> run.peerOf(name).filter(p -> !isLost(p)).isPresent()));
        PodWord word = new PodWord(node.host(), run::peerOf, this::isLost, pods::has);
        word.start();
        CloneJudge judge = run.rules.judge(registry, controllers.cloneJudge(
                (machine, uid) -> word.of(machine, uid).thenApply(this::heeded)));
        CloneRequests requests = new CloneRequests(node.host(), registry, node, judge);
        requests.start();
        SelfCloner watch = new SelfCloner(loop, random, id(), new Siblings(requests), meters);
        cloner = Optional.of(watch);
        LocalPods local = new LocalPods(registry, name, pods::isConnected, watch);
        pods.start(loop, registry, local::onConnection);
        if (run.rules != CloneRules.NO_CLONING) {
            local.start();
        }
        registry.follow(new Watcher());
        controllers.start();
        tick(loop);
    }

    private Word heeded(Word word) {
        return word == Word.RUNS && run.rules == CloneRules.NO_VETO ? Word.LOST : word;
    }

    boolean isLost(PeerId peer) {
        return lost.contains(peer);
    }

    // What membership does.

    private void tick(Loop loop) {
        loop.schedule(TICK, () -> {
            boolean changed = false;
            for (SimulatedMachine other : run.machines) {
                changed |= look(other, loop.nanoTime());
            }
            if (changed) {
                cloner.ifPresent(SelfCloner::machinesChanged);
            }
            run.machines.forEach(this::taint);
            registry.peek(GroupResource.PODS, CloneRun.NAMESPACE).forEach(this::bind);
            tick(loop);
        });
    }

    private boolean look(SimulatedMachine other, long now) {
        if (other == this || run.reaches(this, other)) {
            silentSince.remove(other.id());
            return lost.remove(other.id());
        }
        long since = silentSince.computeIfAbsent(other.id(),
                id -> now + random.nextLong(1_500_000_000L));
        return now - since > DEAD_MIN.toNanos() && lost.add(other.id());
    }

    private void taint(SimulatedMachine other) {
        ObjectKey key = ObjectKey.cluster(NODES, other.name);
        Optional<StoredObject> stored = registry.get(key);
        if (stored.isEmpty() || !registry.isPrimary(key)) {
            return;
        }
        ApiObject object = stored.get().object();
        boolean tainted = !object.spec().path("taints").isEmpty();
        if (tainted == isLost(other.id())) {
            return;
        }
        if (tainted) {
            object.spec().remove("taints");
        } else {
            object.spec().putArray("taints").addObject().put("key", UNREACHABLE)
                    .put("effect", "NoExecute")
                    .put("timeAdded", node.host().loop().wallTime().toString());
        }
        registry.write(List.of(new Mutation.Update(Draft.of(key, object),
                stored.get().version())));
    }

    // What the scheduler does.

    private void bind(StoredObject stored) {
        if (!stored.fields().getOrDefault("spec.nodeName", "").isEmpty()
                || !registry.isPrimary(stored.key())) {
            return;
        }
        ApiObject pod = stored.object();
        if (pod.isDeleting()) {
            return;
        }
        pod.spec().put("nodeName", run.place(this, pod));
        registry.write(List.of(new Mutation.Update(Draft.of(stored.key(), pod),
                stored.version())));
    }

    // What gossip does.

    void hear(Owner owner, PeerId from, Presence presence) {
        if (followed.contains(owner.uid())) {
            cloner.ifPresent(c -> c.heard(owner.uid(), from, presence));
        }
    }

    private final class Siblings implements SelfCloner.Siblings {
        private final CloneRequests requests;

        Siblings(CloneRequests requests) {
            this.requests = requests;
        }

        @Override
        public void follow(Owner owner, boolean follow) {
            if (follow) {
                followed.add(owner.uid());
            } else {
                followed.remove(owner.uid());
            }
        }

        @Override
        public void publish(Owner owner, Presence presence) {
            run.gossip(SimulatedMachine.this, owner, presence);
        }

        @Override
        public boolean isLost(PeerId machine) {
            return SimulatedMachine.this.isLost(machine);
        }

        @Override
        public CompletableFuture<CloneAnswer> replace(CloneTask task) {
            if (random.nextInt(REPEATED) == 0) {
                // As after an answer that was lost.
                node.host().loop().schedule(Duration.ofMillis(random.nextInt(LATE_MILLIS_MAX)),
                        () -> requests.replace(task));
            }
            return requests.replace(task);
        }

        @Override
        public Optional<Ledger> ledger(Owner owner) {
            return CloneRequests.key(owner).flatMap(k -> registry.get(Ledger.key(k)))
                    .map(l -> Ledger.of(owner.uid(), Optional.of(l.object())));
        }
    }

    private final class Watcher implements WatchListener {
        @Override
        public void onChanges(List<Change> changes) {
            for (Change change : changes) {
                if (change.object().key().type().equals(GroupResource.PODS)
                        && change.kind() == Change.Kind.ADDED) {
                    run.made(change.object());
                }
                if (change.object().key().type().equals(GroupResource.PODS)
                        && change.kind() != Change.Kind.DELETED) {
                    node.host().loop().execute(() -> registry.get(change.object().key())
                            .ifPresent(SimulatedMachine.this::bind));
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
}
