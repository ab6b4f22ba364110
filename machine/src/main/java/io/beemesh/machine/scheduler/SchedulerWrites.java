package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** What the scheduler writes: bindings, refusals and victims, each with the Event that tells of it. */
final class SchedulerWrites {
    private static final String COMPONENT = "default-scheduler";

    private final Loop loop;
    private final Registry registry;
    private final EventSink events;

    SchedulerWrites(Loop loop, Registry registry, EventSink events) {
        this.loop = loop;
        this.registry = registry;
        this.events = events;
    }

    /** Completes with false if the pod is not there any more or could not be bound. */
    CompletableFuture<Boolean> bind(ObjectKey key, String uid, String node) {
        return edit(key, pod -> {
            if (!pod.uid().equals(uid) || !Pods.nodeName(pod).isEmpty() || pod.isDeleting()) {
                return false;
            }
            pod.spec().put("nodeName", node);
            pod.status().remove("nominatedNodeName");
            setCondition(pod, "PodScheduled", "True", "", "");
            return true;
        }).thenApply(bound -> {
            bound.ifPresent(pod -> events.event(pod, Severity.NORMAL, "Scheduled",
                    "Successfully assigned " + pod.namespace() + "/" + pod.name() + " to "
                            + node,
                    COMPONENT));
            return bound.isPresent();
        });
    }

    /** @param nominated as in {@link Preemption.Result} */
    void refuse(PodView view, String message, Optional<String> nominated) {
        registry.get(view.key()).ifPresent(pod -> events.event(pod.object(), Severity.WARNING,
                "FailedScheduling", message, COMPONENT));
        edit(view.key(), pod -> {
            if (!pod.uid().equals(view.uid()) || !Pods.nodeName(pod).isEmpty()) {
                return false;
            }
            nominated.filter(node -> !node.isEmpty())
                    .ifPresent(node -> pod.status().put("nominatedNodeName", node));
            nominated.filter(String::isEmpty)
                    .ifPresent(_ -> pod.status().remove("nominatedNodeName"));
            setCondition(pod, "PodScheduled", "False", "Unschedulable", message);
            return true;
        });
    }

    void gated(ObjectKey key) {
        edit(key, pod -> {
            setCondition(pod, "PodScheduled", "False", "SchedulingGated",
                    "Scheduling is blocked due to non-empty scheduling gates");
            return true;
        });
    }

    /** Ends a pod in order so that {@code by} can have its room. */
    void preempt(PodView victim, PodView by, String node) {
        edit(victim.key(), pod -> {
            if (!pod.uid().equals(victim.uid()) || pod.isDeleting()) {
                return false;
            }
            setCondition(pod, "DisruptionTarget", "True", "PreemptionByScheduler", COMPONENT
                    + ": preempting to accommodate a higher priority pod");
            return true;
        }).thenAccept(_ -> end(victim, by, node));
    }

    private void end(PodView victim, PodView by, String node) {
        Optional<StoredObject> stored = registry.get(victim.key())
                .filter(p -> p.uid().equals(victim.uid()));
        if (stored.isEmpty()) {
            return;
        }
        ApiObject pod = stored.get().object();
        long version = stored.get().version();
        Optional<Mutation> mutation = switch (GracefulDeletion.delete(GroupResource.PODS, pod,
                GracefulDeletion.Options.DEFAULT, loop.wallTime())) {
            case GracefulDeletion.Outcome.Remove(ApiObject last) -> Optional
                    .of(new Mutation.Delete(Draft.of(victim.key(), last), version));
            case GracefulDeletion.Outcome.Mark(ApiObject next) -> Optional
                    .of(new Mutation.Update(Draft.of(victim.key(), next), version));
            case GracefulDeletion.Outcome.Pending() -> Optional.empty();
        };
        mutation.ifPresent(m -> registry.write(List.of(m)).thenAccept(result -> {
            switch (result) {
                case WriteResult.Committed _ -> events.event(pod, Severity.NORMAL, "Preempted",
                        "Preempted by pod " + by.uid() + " on node " + node, COMPONENT);
                case WriteResult.Conflict _ -> end(victim, by, node);
                case WriteResult.AlreadyExists _,WriteResult.NotFound _,WriteResult.Full _,WriteResult.Unavailable _,WriteResult.NeedsMajority _ -> {
                    // The preemptor is tried again, and plans anew.
                }
            }
        }));
    }

    /** Asks for volumes on {@code node}. */
    void selectNode(List<StoredObject> claims, String node) {
        List<Mutation> mutations = new ArrayList<>();
        for (StoredObject stored : claims) {
            ApiObject claim = stored.object();
            if (!claim.annotations().containsKey(VolumeFilter.SELECTED_NODE)) {
                claim.metadata().withObjectProperty("annotations")
                        .put(VolumeFilter.SELECTED_NODE, node);
                mutations.add(new Mutation.Update(Draft.of(stored.key(), claim),
                        stored.version()));
            }
        }
        if (!mutations.isEmpty()) {
            registry.write(mutations);
        }
    }

    /** Writes what {@code change} makes of the object, again if it lost a race; empty if nothing was written. */
    private CompletableFuture<Optional<ApiObject>> edit(ObjectKey key,
            Predicate<ApiObject> change) {
        Optional<StoredObject> stored = registry.get(key);
        if (stored.isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        ApiObject next = stored.get().object();
        if (!change.test(next) || Arrays.equals(Json.write(next.tree()), stored.get().json())) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        Mutation update = new Mutation.Update(Draft.of(key, next), stored.get().version());
        return registry.write(List.of(update)).thenCompose(result -> switch (result) {
            case WriteResult.Committed committed -> CompletableFuture
                    .completedFuture(Optional.of(committed.object().object()));
            case WriteResult.Conflict _ -> edit(key, change);
            case WriteResult.AlreadyExists _,WriteResult.NotFound _,WriteResult.Full _,WriteResult.Unavailable _,WriteResult.NeedsMajority _ ->
                CompletableFuture
                        .completedFuture(Optional.empty());
        });
    }

    private void setCondition(ApiObject pod, String type, String status, String reason,
            String message) {
        ArrayNode conditions = pod.status().withArrayProperty("conditions");
        Instant now = loop.wallTime().truncatedTo(ChronoUnit.SECONDS);
        ObjectNode condition = Json.object();
        condition.put("type", type);
        condition.put("status", status);
        condition.putNull("lastProbeTime");
        condition.put("lastTransitionTime", now.toString());
        if (!reason.isEmpty()) {
            condition.put("reason", reason);
            condition.put("message", message);
        }
        for (int i = 0; i < conditions.size(); i++) {
            JsonNode old = conditions.get(i);
            if (old.path("type").asText("").equals(type)) {
                if (old.path("status").asText("").equals(status)) {
                    condition.set("lastTransitionTime", old.path("lastTransitionTime"));
                }
                conditions.set(i, condition);
                return;
            }
        }
        conditions.add(condition);
    }
}
