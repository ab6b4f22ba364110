package io.beemesh.machine.siblings;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** The pods of one machine and what its agent does about them: starts, stops, restarts and statuses. */
final class SimulatedPods implements WatchListener {
    private final String node;
    private final RandomGenerator random;
    /** By uid, whether the sandbox runs; outlives the node's process, as containers do. */
    private final Map<String, Boolean> sandboxes = new LinkedHashMap<>();
    private final Set<String> connected = new HashSet<>();
    private final Set<String> stopping = new HashSet<>();
    private Optional<Life> life = Optional.empty();

    /** One process of the node. */
    private record Life(Loop loop, Registry registry, Consumer<String> connection) {}

    SimulatedPods(String node, RandomGenerator random) {
        this.node = node;
        this.random = random;
    }

    void start(Loop loop, Registry registry, Consumer<String> connection) {
        life = Optional.of(new Life(loop, registry, connection));
        connected.clear();
        stopping.clear();
        registry.follow(this);
        registry.peek(GroupResource.PODS, "").forEach(this::drive);
        for (String uid : List.copyOf(sandboxes.keySet())) {
            after(100, 400, () -> connect(uid, true));
        }
    }

    boolean isConnected(String uid) {
        return connected.contains(uid);
    }

    boolean has(String uid) {
        return sandboxes.getOrDefault(uid, false);
    }

    /** Uids of pods that run. */
    Set<String> running() {
        Set<String> uids = new HashSet<>();
        sandboxes.forEach((uid, up) -> {
            if (up) {
                uids.add(uid);
            }
        });
        return uids;
    }

    /** {@code podman pod rm -f}: the agent makes the sandbox anew after a while, if the pod is still wanted. */
    void kill(ObjectKey key, String uid) {
        sandboxes.put(uid, false);
        connect(uid, false);
        life().registry().get(key).ifPresent(this::drive);
        after(300, 4_000, () -> {
            if (Boolean.FALSE.equals(sandboxes.get(uid))) {
                run(key, uid);
            }
        });
    }

    /** The sidecar alone ends and is started again. */
    void blink(String uid) {
        connect(uid, false);
        after(600, 3_000, () -> connect(uid, true));
    }

    /** All ends, as when the power is cut. */
    void loseAll() {
        sandboxes.clear();
        connected.clear();
    }

    private Life life() {
        return life.orElseThrow();
    }

    private void after(int minMillis, int spreadMillis, Runnable task) {
        life().loop().schedule(Duration.ofMillis(minMillis + random.nextInt(spreadMillis)), task);
    }

    private void connect(String uid, boolean up) {
        boolean changed = up
                ? has(uid) && connected.add(uid)
                : connected.remove(uid);
        if (changed) {
            life().connection().accept(uid);
        }
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            if (!change.object().key().type().equals(GroupResource.PODS)) {
                continue;
            }
            if (change.kind() == Change.Kind.DELETED) {
                end(change.object().uid());
            } else {
                drive(change.object());
            }
        }
    }

    private void end(String uid) {
        sandboxes.remove(uid);
        connect(uid, false);
    }

    private void drive(StoredObject stored) {
        ApiObject pod = stored.object();
        if (!Pods.nodeName(pod).equals(node) || Pods.isTerminal(pod)) {
            return;
        }
        String uid = stored.uid();
        if (pod.isDeleting()) {
            if (stopping.add(uid)) {
                after(100, 500, () -> {
                    end(uid);
                    remove(stored.key(), uid);
                });
            }
        } else if (!sandboxes.containsKey(uid)) {
            sandboxes.put(uid, false);
            after(300, 1_500, () -> run(stored.key(), uid));
        } else if (Pods.isReady(pod) != has(uid) || Pods.isLost(pod)) {
            status(stored.key(), uid);
        }
    }

    private void run(ObjectKey key, String uid) {
        if (sandboxes.containsKey(uid) && !stopping.contains(uid)) {
            sandboxes.put(uid, true);
            connect(uid, true);
            status(key, uid);
        }
    }

    private void status(ObjectKey key, String uid) {
        Optional<StoredObject> stored = life().registry().get(key)
                .filter(p -> p.uid().equals(uid));
        if (stored.isEmpty() || stored.get().object().isDeleting()) {
            return;
        }
        ApiObject pod = stored.get().object();
        boolean up = has(uid);
        if (Pods.isReady(pod) == up && !Pods.isLost(pod)) {
            return;
        }
        pod.status().remove(List.of("reason", "message"));
        pod.status().put("phase", "Running");
        pod.status().putArray("conditions").addObject().put("type", "Ready")
                .put("status", up ? "True" : "False").put("lastTransitionTime", life().loop()
                        .wallTime().truncatedTo(ChronoUnit.SECONDS).toString());
        write(new Mutation.Update(Draft.of(key, pod), stored.get().version()),
                () -> status(key, uid));
    }

    private void remove(ObjectKey key, String uid) {
        Optional<StoredObject> stored = life().registry().get(key)
                .filter(p -> p.uid().equals(uid));
        if (stored.isPresent() && GracefulDeletion.delete(GroupResource.PODS,
                stored.get().object(), GracefulDeletion.Options.now(), life().loop()
                        .wallTime()) instanceof GracefulDeletion.Outcome.Remove(ApiObject last)) {
            write(new Mutation.Delete(Draft.of(key, last), stored.get().version()),
                    () -> remove(key, uid));
        }
    }

    private void write(Mutation mutation, Runnable again) {
        Life now = life();
        now.registry().write(List.of(mutation)).whenComplete((result, failure) -> {
            if (failure != null || !(result instanceof WriteResult.Committed)) {
                now.loop().schedule(Duration.ofMillis(200), again);
            }
        });
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
