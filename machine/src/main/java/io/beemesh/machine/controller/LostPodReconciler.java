package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.NodeMatch;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What becomes of pods whose node has a NoExecute taint. One whose machine is out of reach is not Ready,
 * and {@link Pods#LOST} at once, so that it is replaced elsewhere; if it is not back after {@link
 * #LOST_KEPT} it is deleted, and stopped when its machine returns. A pod that tolerates the taint for a
 * time has that time instead. A machine that this node hears of itself is not out of reach, whatever its Node says.
 * What its machine says of it when it returns undoes the loss. Pods of a Node
 * that was deleted go with it.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions">taint-based
 *     evictions</a>
 */
final class LostPodReconciler implements Reconciler {
    static final String COMPONENT = "taint-eviction-controller";
    static final Duration LOST_KEPT = Duration.ofMinutes(5);
    /** A Node that says of a machine that is heard of that it is not is about to be corrected. */
    private static final Duration HEARD_CHECK = Duration.ofSeconds(1);
    private static final String NOT_READY = "node.kubernetes.io/not-ready";
    /** Kubernetes gives every pod a toleration of {@link #LOST_KEPT} of these: no wish of its user. */
    private static final Set<String> BY_DEFAULT = Set.of(Machines.UNREACHABLE, NOT_READY);

    private final Store store;
    private final Machines machines;

    LostPodReconciler(Store store, Machines machines) {
        this.store = store;
        this.machines = machines;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        Set<String> sound = new HashSet<>();
        for (StoredObject node : store.list(GroupResource.NODES, "")) {
            if (taints(node.object()).isEmpty()) {
                sound.add(node.key().name());
            }
        }
        store.list(GroupResource.PODS, "").stream()
                .filter(pod -> !nodeOf(pod).isEmpty() && !sound.contains(nodeOf(pod)))
                .forEach(pod -> enqueue.accept(pod.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.NODES)) {
            if (change.kind() == Change.Kind.DELETED) {
                enqueuePods(key.name(), enqueue);
                return;
            }
            boolean isTainted = !taints(change.object().object()).isEmpty();
            boolean wasTainted = change.previous().map(p -> !taints(p.object()).isEmpty())
                    .orElse(false);
            if (isTainted || wasTainted) {
                enqueuePods(key.name(), enqueue);
            }
        } else if (key.type().equals(GroupResource.PODS)
                && change.kind() != Change.Kind.DELETED
                && !nodeOf(change.object()).isEmpty()
                && !taints(node(nodeOf(change.object()))).isEmpty()) {
            enqueue.accept(key);
        }
    }

    @Override
    public List<ObjectKey> judgedBy(ObjectKey key) {
        return store.get(key).map(LostPodReconciler::nodeOf).filter(name -> !name.isEmpty())
                .map(name -> ObjectKey.cluster(GroupResource.NODES, name)).stream().toList();
    }

    private void enqueuePods(String node, Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.PODS, "").stream().filter(pod -> nodeOf(pod).equals(node))
                .forEach(pod -> enqueue.accept(pod.key()));
    }

    private static String nodeOf(StoredObject pod) {
        return pod.fields().getOrDefault("spec.nodeName", "");
    }

    private Optional<ApiObject> node(String name) {
        return store.get(ObjectKey.cluster(GroupResource.NODES, name)).map(StoredObject::object);
    }

    /** Those that end pods. */
    private static List<JsonNode> taints(ApiObject node) {
        List<JsonNode> taints = new ArrayList<>();
        for (JsonNode taint : node.tree().path("spec").path("taints")) {
            if (taint.path("effect").asText("").equals("NoExecute")) {
                taints.add(taint);
            }
        }
        return taints;
    }

    private static List<JsonNode> taints(Optional<ApiObject> node) {
        return node.map(LostPodReconciler::taints).orElse(List.of());
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty() || nodeOf(stored.get()).isEmpty()
                || Pods.isTerminal(stored.get().object())) {
            return Reconciler.done();
        }
        Batch batch = store.batch(COMPONENT);
        Optional<ApiObject> node = node(nodeOf(stored.get()));
        if (node.isEmpty()) {
            batch.delete(stored.get(), GracefulDeletion.Options.now());
            return batch.commit(new Outcome.Done());
        }
        List<JsonNode> taints = taints(node);
        if (taints.isEmpty()) {
            return Reconciler.done();
        }
        ApiObject pod = batch.edit(stored.get());
        Optional<Duration> untilLost = Optional.empty();
        Optional<Duration> untilDeleted = Optional.empty();
        Optional<Duration> untilCorrected = Optional.empty();
        for (JsonNode taint : taints) {
            boolean unreachable = taint.path("key").asText("").equals(Machines.UNREACHABLE);
            if (unreachable && machines.hears(nodeOf(stored.get()))) {
                untilCorrected = Optional.of(HEARD_CHECK);
                continue;
            }
            if (unreachable) {
                notReady(batch, pod);
            }
            Duration age = age(taint, batch.now());
            List<JsonNode> tolerations = tolerations(pod, taint);
            Optional<Duration> time = tolerations.isEmpty()
                    ? Optional.of(Duration.ZERO)
                    : least(tolerations);
            if (time.isEmpty()) {
                continue;
            }
            // One that was bound to a lost machine is not replaced again and again.
            if (unreachable && pod.creationTimestamp().orElse(Instant.EPOCH)
                    .isBefore(batch.now().minus(age))) {
                untilLost = sooner(untilLost, time.get().minus(age));
            }
            boolean mayReturn = tolerations.isEmpty()
                    && (unreachable || taint.path("key").asText("").equals(NOT_READY));
            untilDeleted = sooner(untilDeleted, mayReturn
                    ? LOST_KEPT.minus(age)
                    : time.get().minus(shorter(age, podAge(pod, batch.now()))));
        }
        if (untilLost.filter(LostPodReconciler::isOver).isPresent()) {
            lost(pod);
        }
        if (untilDeleted.filter(LostPodReconciler::isOver).isPresent() && !pod.isDeleting()) {
            batch.event(pod, Severity.NORMAL, "TaintManagerEviction",
                    "Marking for deletion Pod " + pod.namespace() + "/" + pod.name());
            batch.delete(stored.get(), GracefulDeletion.Options.DEFAULT);
        }
        Optional<Duration> next = untilCorrected;
        for (Duration left : List.of(untilLost.orElse(Duration.ZERO),
                untilDeleted.orElse(Duration.ZERO))) {
            next = isOver(left) ? next : sooner(next, left);
        }
        return batch.commit(next.<Outcome>map(Outcome.After::new).orElse(new Outcome.Done()));
    }

    private static boolean isOver(Duration left) {
        return left.isZero() || left.isNegative();
    }

    private static Optional<Duration> sooner(Optional<Duration> one, Duration other) {
        return one.filter(o -> o.compareTo(other) < 0).or(() -> Optional.of(other));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** One that was made under the taint tolerates it from then on. */
    private static Duration podAge(ApiObject pod, Instant now) {
        return Duration.between(pod.creationTimestamp().orElse(Instant.EPOCH), now);
    }

    private static Duration age(JsonNode taint, Instant now) {
        try {
            return Duration.between(Instant.parse(taint.path("timeAdded").asText("")), now);
        } catch (DateTimeParseException e) {
            return Duration.ZERO;
        }
    }

    /** The pod's own tolerations of the taint; what every pod has by default says nothing. */
    private static List<JsonNode> tolerations(ApiObject pod, JsonNode taint) {
        List<JsonNode> tolerations = new ArrayList<>();
        for (JsonNode toleration : pod.tree().path("spec").path("tolerations")) {
            boolean isDefault = BY_DEFAULT.contains(toleration.path("key").asText(""))
                    && toleration.path("operator").asText("").equals("Exists")
                    && toleration.path("tolerationSeconds").asLong() == LOST_KEPT.toSeconds();
            if (!isDefault && NodeMatch.isTolerated(toleration, taint)) {
                tolerations.add(toleration);
            }
        }
        return tolerations;
    }

    /** For how long the taint is tolerated; empty if for ever. */
    private static Optional<Duration> least(List<JsonNode> tolerations) {
        Optional<Duration> least = Optional.empty();
        for (JsonNode toleration : tolerations) {
            if (toleration.has("tolerationSeconds")) {
                least = sooner(least, Duration.ofSeconds(Math.max(0,
                        toleration.path("tolerationSeconds").asLong())));
            }
        }
        return least;
    }

    /** Whether a pod of a machine that is out of reach is replaced at once: its user has not said otherwise. */
    static boolean isReplacedEarly(ApiObject pod) {
        return tolerations(pod,
                Json.object().put("key", Machines.UNREACHABLE).put("effect", "NoExecute"))
                .isEmpty();
    }

    /** Its machine is held for dead: no Service is to lead to it, and it counts as terminating. */
    static void lose(Batch batch, ApiObject pod) {
        notReady(batch, pod);
        lost(pod);
    }

    /** No Service is to lead to it. */
    private static void notReady(Batch batch, ApiObject pod) {
        if (Pods.isReady(pod)) {
            Conditions.set(pod.status(), new Conditions.Condition("Ready", "False",
                    "NodeNotReady", ""), batch.now());
            batch.event(pod, Severity.WARNING, "NodeNotReady", "Node is not ready");
        }
    }

    private static void lost(ApiObject pod) {
        if (!Pods.isLost(pod) && !pod.isDeleting()) {
            pod.status().put("reason", Pods.LOST);
            pod.status().put("message", "Node " + Pods.nodeName(pod)
                    + " which was running pod " + pod.name() + " is unresponsive");
        }
    }
}
