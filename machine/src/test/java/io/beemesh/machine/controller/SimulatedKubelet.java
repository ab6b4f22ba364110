package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Pretends to run the pods of all nodes: those whose image is not {@code broken} become Ready after a
 * while, deleted ones go after a while.
 */
public final class SimulatedKubelet implements WatchListener {
    private final Loop loop;
    private final Registry registry;
    private final RandomGenerator random;
    private final Set<String> started = new HashSet<>();
    private final Set<String> stopping = new HashSet<>();

    public SimulatedKubelet(Loop loop, Registry registry, RandomGenerator random) {
        this.loop = loop;
        this.registry = registry;
        this.random = random;
    }

    public void start() {
        registry.follow(this);
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            ObjectKey key = change.object().key();
            if (!key.type().equals(GroupResource.PODS)
                    || change.kind() == Change.Kind.DELETED) {
                continue;
            }
            ApiObject pod = change.object().object();
            if (Pods.nodeName(pod).isEmpty()) {
                continue;
            }
            if (pod.isDeleting()) {
                if (stopping.add(pod.uid())) {
                    after(100, 900, () -> remove(key, pod.uid()));
                }
            } else if (started.add(pod.uid())) {
                after(200, 1800, () -> setReady(key, pod.uid()));
            }
        }
    }

    private void after(int minMillis, int spreadMillis, Runnable task) {
        loop.schedule(Duration.ofMillis(minMillis + random.nextInt(spreadMillis)), task);
    }

    private void setReady(ObjectKey key, String uid) {
        boolean broken = registry.get(key)
                .map(p -> p.object().spec().path("containers").path(0).path("image").asText("")
                        .contains("broken"))
                .orElse(false);
        update(key, uid, pod -> {
            if (Pods.isTerminal(pod)) {
                return;
            }
            pod.status().put("phase", broken ? "Pending" : "Running");
            pod.status().put("podIP", "10.0.0." + (1 + Math.floorMod(uid.hashCode(), 250)));
            condition(pod, "Ready", !broken);
        });
    }

    /** Makes the pod end as if its containers had. */
    public void end(ObjectKey key, String phase) {
        registry.get(key).ifPresent(p -> update(key, p.uid(), pod -> {
            pod.status().put("phase", phase);
            condition(pod, "Ready", false);
        }));
    }

    /** Makes the pod fail as if its container {@code c} had ended with a code. */
    public void fail(ObjectKey key, int exitCode) {
        registry.get(key).ifPresent(p -> update(key, p.uid(), pod -> {
            pod.status().put("phase", "Failed");
            pod.status().putArray("containerStatuses").addObject().put("name", "c")
                    .putObject("state").putObject("terminated").put("exitCode", exitCode);
            condition(pod, "Ready", false);
        }));
    }

    /** Makes a running pod Ready or not. */
    public void setReady(ObjectKey key, boolean ready) {
        registry.get(key).ifPresent(p -> update(key, p.uid(),
                pod -> condition(pod, "Ready", ready)));
    }

    private void condition(ApiObject pod, String type, boolean value) {
        ArrayNode conditions = pod.status().withArrayProperty("conditions");
        for (int i = conditions.size() - 1; i >= 0; i--) {
            if (conditions.get(i).path("type").asText("").equals(type)) {
                conditions.remove(i);
            }
        }
        ObjectNode condition = conditions.addObject();
        condition.put("type", type);
        condition.put("status", value ? "True" : "False");
        condition.put("lastTransitionTime",
                loop.wallTime().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    private void update(ObjectKey key, String uid, Consumer<ApiObject> change) {
        Optional<StoredObject> stored = registry.get(key).filter(p -> p.uid().equals(uid));
        if (stored.isEmpty()) {
            return;
        }
        ApiObject pod = stored.get().object();
        change.accept(pod);
        registry.write(List.of(new Mutation.Update(Draft.of(key, pod), stored.get().version())))
                .thenAccept(result -> {
                    if (result instanceof WriteResult.Conflict) {
                        update(key, uid, change);
                    }
                });
    }

    private void remove(ObjectKey key, String uid) {
        Optional<StoredObject> stored = registry.get(key).filter(p -> p.uid().equals(uid));
        if (stored.isEmpty()) {
            return;
        }
        GracefulDeletion.Outcome outcome = GracefulDeletion.delete(GroupResource.PODS,
                stored.get().object(), GracefulDeletion.Options.now(), loop.wallTime());
        long version = stored.get().version();
        switch (outcome) {
            case GracefulDeletion.Outcome.Remove(ApiObject last) -> write(key, uid,
                    new Mutation.Delete(Draft.of(key, last), version));
            // What is held by a finalizer has ended all the same.
            case GracefulDeletion.Outcome.Mark(ApiObject next) -> write(key, uid,
                    new Mutation.Update(Draft.of(key, next), version));
            case GracefulDeletion.Outcome.Pending() -> {
            }
        }
    }

    private void write(ObjectKey key, String uid, Mutation mutation) {
        registry.write(List.of(mutation)).thenAccept(result -> {
            if (result instanceof WriteResult.Conflict) {
                remove(key, uid);
            }
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
