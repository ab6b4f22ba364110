package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.event.EventRecorder;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.siblings.CloneMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One node's controllers over virtual time, with the real registry on a simulated disk and pretended
 * containers. */
public final class World {
    static final String NAMESPACE = "default";

    public final Simulation simulation;
    public final SimulatedLoop loop;
    public final CountingRegistry registry;
    public final SimulatedAdmission admission;
    public final SimulatedKubelet kubelet;
    public final EventRecorder events;
    public final Meters meters = new Meters();
    private final Set<String> heard = new HashSet<>();

    /** Starts all; pods get {@code node-1} at once. */
    public World(long seed) {
        this(seed, true);
    }

    public World(long seed, boolean bindAtOnce) {
        simulation = new Simulation(seed);
        loop = simulation.newLoop();
        registry = new CountingRegistry(loop, SimulatedRegistry
                .on(simulation, loop, RegistryConfig.defaults()).registry());
        admission = new SimulatedAdmission(loop);
        kubelet = new SimulatedKubelet(loop, registry, simulation.newRandom());
        events = new EventRecorder(loop, registry, admission, "node-1");
        kubelet.start();
        if (bindAtOnce) {
            registry.follow(new Binder());
        }
        events.start();
        new Controllers(loop, registry, admission, events,
                new Controllers.Config("PEM", new SimulatedKinds(),
                        name -> "/data/volumes/" + name,
                        new Controllers.ApiAddress("192.0.2.7", 6443),
                        CloneMeters.of(meters), heard::contains))
                .start();
        run(Duration.ofSeconds(1));
    }

    /** From now on it is as if this node heard of the machine with a Node's name. */
    void hear(String node) {
        heard.add(node);
    }

    public void run(Duration time) {
        simulation.run(time);
    }

    public void until(BooleanSupplier condition) {
        simulation.runUntil(condition, Duration.ofMinutes(3));
    }

    /** Creates or replaces, keeping status; generation rises if the spec changes. */
    public void apply(GroupResource type, String json) {
        ApiObject object = ApiObject.parse(json.getBytes(StandardCharsets.UTF_8));
        if (!object.metadata().has("namespace") && new SimulatedKinds().isNamespaced(type)) {
            object.metadata().put("namespace", NAMESPACE);
        }
        ObjectKey key = Batch.key(type, object);
        Optional<StoredObject> existing = registry.get(key);
        if (existing.isEmpty()) {
            try {
                admission.prepareCreate(type, object);
            } catch (RejectedException e) {
                throw new AssertionError(e);
            }
            write(new Mutation.Create(Draft.of(key, object)));
            return;
        }
        edit(key, next -> object.tree().properties().forEach(f -> {
            if (!f.getKey().equals("metadata")) {
                next.tree().set(f.getKey(), f.getValue());
            }
        }));
    }

    /** As a user's update: raises the generation if the spec changes. */
    public void edit(ObjectKey key, Consumer<ApiObject> change) {
        StoredObject stored = registry.get(key).orElseThrow();
        ApiObject next = stored.object();
        JsonNode before = next.spec().deepCopy();
        change.accept(next);
        if (!before.equals(next.spec())) {
            next.metadata().put("generation", next.generation() + 1);
        }
        if (!write(new Mutation.Update(Draft.of(key, next), stored.version()))) {
            edit(key, change);
        }
    }

    public void delete(ObjectKey key, GracefulDeletion.Options options) {
        StoredObject stored = registry.get(key).orElseThrow();
        Mutation mutation = switch (GracefulDeletion.delete(key.type(), stored.object(), options,
                loop.wallTime())) {
            case GracefulDeletion.Outcome.Remove(ApiObject last) -> new Mutation.Delete(
                    Draft.of(key, last), stored.version());
            case GracefulDeletion.Outcome.Mark(ApiObject next) -> new Mutation.Update(
                    Draft.of(key, next), stored.version());
            case GracefulDeletion.Outcome.Pending() -> new Mutation.Update(
                    Draft.of(key, stored.object()), stored.version());
        };
        if (!write(mutation)) {
            delete(key, options);
        }
    }

    private boolean write(Mutation mutation) {
        WriteResult[] result = new WriteResult[1];
        loop.run(() -> registry.write(List.of(mutation)).thenAccept(r -> result[0] = r));
        until(() -> result[0] != null);
        return result[0] instanceof WriteResult.Committed;
    }

    public static ObjectKey key(GroupResource type, String name) {
        return new ObjectKey(type, NAMESPACE, name);
    }

    public Optional<ApiObject> find(GroupResource type, String name) {
        return registry.get(key(type, name)).map(StoredObject::object);
    }

    public ApiObject get(GroupResource type, String name) {
        return find(type, name).orElseThrow();
    }

    public List<ApiObject> list(GroupResource type) {
        return registry.peek(type, NAMESPACE).stream().map(StoredObject::object).toList();
    }

    public List<ApiObject> activePods() {
        return list(GroupResource.PODS).stream().filter(Pods::isActive).toList();
    }

    public long readyPods() {
        return activePods().stream().filter(Pods::isReady).count();
    }

    /** Messages of the Events of a reason. */
    public List<String> events(String reason) {
        return list(GroupResource.EVENTS).stream()
                .filter(e -> e.tree().path("reason").asText("").equals(reason))
                .map(e -> e.tree().path("message").asText("")).toList();
    }

    private final class Binder implements WatchListener {
        @Override
        public void onChanges(List<Change> changes) {
            for (Change change : changes) {
                if (change.kind() == Change.Kind.ADDED
                        && change.object().key().type().equals(GroupResource.PODS)
                        && change.object().object().spec().path("nodeName").isMissingNode()) {
                    loop.execute(() -> bind(change.object().key()));
                }
            }
        }

        private void bind(ObjectKey key) {
            registry.get(key).filter(p -> Pods.nodeName(p.object()).isEmpty()).ifPresent(p -> {
                ApiObject pod = p.object();
                String only = DaemonPods.nodeOf(pod);
                pod.spec().put("nodeName", only.isEmpty() ? "node-1" : only);
                registry.write(List.of(new Mutation.Update(Draft.of(key, pod), p.version())))
                        .thenAccept(result -> {
                            if (result instanceof WriteResult.Conflict) {
                                bind(key);
                            }
                        });
            });
        }

        @Override
        public void onProgress(long version) {
            // Only changes matter.
        }

        @Override
        public void onClosed(String reason) {
            throw new AssertionError(reason);
        }
    }
}
