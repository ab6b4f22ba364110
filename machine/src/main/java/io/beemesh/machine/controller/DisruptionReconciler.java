package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.controller.Conditions.Condition;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Says in each PodDisruptionBudget how many of its pods may be evicted now; the eviction itself takes
 * from that number.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/disruptions/">disruptions</a>
 */
final class DisruptionReconciler implements Reconciler {
    /** An eviction that was granted and led to no deletion counts this long. */
    private static final Duration DISRUPTED_MAX = Duration.ofMinutes(2);
    private static final String CONDITION = "DisruptionAllowed";

    private final Store store;
    /** What each budget selects; as many entries as there are budgets. */
    private final Map<ObjectKey, LabelSelector> selectors = new TreeMap<>();

    DisruptionReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.DISRUPTION_BUDGETS, "").forEach(budget -> {
            remember(budget);
            enqueue.accept(budget.key());
        });
    }

    private void remember(StoredObject budget) {
        JsonNode selector = budget.object().tree().path("spec").path("selector");
        // Other than most selectors, an empty one is of all pods, and an absent one of none.
        selectors.put(budget.key(), selector.isObject()
                ? Workloads.selector(selector)
                : LabelSelector.nothing());
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.DISRUPTION_BUDGETS)) {
            if (change.kind() == Change.Kind.DELETED) {
                selectors.remove(key);
            } else {
                remember(change.object());
                enqueue.accept(key);
            }
        } else if (key.type().equals(GroupResource.PODS)) {
            selectors.forEach((budget, selector) -> {
                if (budget.namespace().equals(key.namespace())
                        && (selector.matches(change.object().labels()) || change.previous()
                                .map(p -> selector.matches(p.labels())).orElse(false))) {
                    enqueue.accept(budget);
                }
            });
        } else if (isScaled(key.type())) {
            selectors.keySet().stream().filter(b -> b.namespace().equals(key.namespace()))
                    .forEach(enqueue);
        }
    }

    private static boolean isScaled(GroupResource type) {
        return type.equals(GroupResource.DEPLOYMENTS) || type.equals(GroupResource.REPLICA_SETS)
                || type.equals(GroupResource.REPLICATION_CONTROLLERS)
                || type.equals(GroupResource.STATEFUL_SETS);
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty()) {
            return Reconciler.done();
        }
        Batch batch = store.batch("disruption-controller");
        ApiObject budget = batch.edit(stored.get());
        LabelSelector selector = selectors.getOrDefault(key, LabelSelector.nothing());
        List<ApiObject> pods = store.list(GroupResource.PODS, key.namespace()).stream()
                .filter(p -> selector.matches(p.labels())).map(StoredObject::object)
                .filter(p -> !Pods.isTerminal(p)).toList();
        Duration recheck = update(batch, budget, pods, selector);
        return batch.commit(recheck.isZero() ? new Outcome.Done() : new Outcome.After(recheck));
    }

    private Duration update(Batch batch, ApiObject budget, List<ApiObject> pods,
            LabelSelector selector) {
        Instant now = batch.now();
        ObjectNode status = budget.status();
        Duration recheck = keepDisrupted(status, pods, now);
        JsonNode spec = budget.tree().path("spec");
        JsonNode unavailable = spec.path("maxUnavailable");
        JsonNode available = spec.path("minAvailable");
        boolean countsPods = unavailable.isMissingNode() && available.isInt();
        Scale scale = countsPods ? new Scale(pods.size(), false, "") : scale(pods);
        if (!scale.failure.isEmpty()) {
            batch.event(budget, Severity.WARNING, "CalculateExpectedPodCountFailed",
                    "Failed to calculate the number of expected pods: " + scale.failure);
            status.put("disruptionsAllowed", 0);
            status.put("observedGeneration", budget.generation());
            Conditions.set(status,
                    new Condition(CONDITION, "False", "SyncFailed", scale.failure), now);
            return recheck;
        }
        if (scale.unmanaged) {
            batch.event(budget, Severity.WARNING, "UnmanagedPods",
                    "Pods selected by this PodDisruptionBudget (selector: " + selector
                            + ") were found to be unmanaged. As a result, the status of the PDB "
                            + "cannot be calculated correctly, which may result in undefined "
                            + "behavior. To account for these pods please set "
                            + "\".spec.minAvailable\" field of the PDB to an integer value.");
        }
        int expected = scale.expected;
        int desired = unavailable.isMissingNode()
                ? Workloads.intOrPercent(available, expected, true, 0)
                : Math.max(0, expected - Workloads.intOrPercent(unavailable, expected, true, 0));
        int healthy = (int) pods.stream().filter(p -> Pods.isReady(p) && !p.isDeleting()
                && !status.path("disruptedPods").has(p.name())).count();
        int allowed = expected == 0 ? 0 : Math.max(0, healthy - desired);
        status.put("disruptionsAllowed", allowed);
        status.put("currentHealthy", healthy);
        status.put("desiredHealthy", desired);
        status.put("expectedPods", expected);
        status.put("observedGeneration", budget.generation());
        Conditions.set(status, new Condition(CONDITION, allowed > 0 ? "True" : "False",
                allowed > 0 ? "SufficientPods" : "InsufficientPods", ""), now);
        return recheck;
    }

    /** Forgets evictions that have come to something or will not; how long until the next is to be forgotten. */
    private static Duration keepDisrupted(ObjectNode status, List<ApiObject> pods, Instant now) {
        Duration recheck = Duration.ZERO;
        List<String> gone = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : status.path("disruptedPods").properties()) {
            Duration left = Duration.between(now,
                    Instant.parse(entry.getValue().asText()).plus(DISRUPTED_MAX));
            boolean pending = pods.stream()
                    .anyMatch(p -> p.name().equals(entry.getKey()) && !p.isDeleting());
            if (!pending || left.isNegative() || left.isZero()) {
                gone.add(entry.getKey());
            } else if (recheck.isZero() || left.compareTo(recheck) < 0) {
                recheck = left;
            }
        }
        if (status.get("disruptedPods") instanceof ObjectNode disrupted) {
            disrupted.remove(gone);
            if (disrupted.isEmpty()) {
                status.remove("disruptedPods");
            }
        }
        return recheck;
    }

    /**
     * How many pods there should be.
     *
     * @param unmanaged there are pods that no controller counts
     * @param failure why it is not known; empty if it is
     */
    private record Scale(int expected, boolean unmanaged, String failure) {}

    /** What the controllers of these pods want; pods without one add nothing. */
    private Scale scale(List<ApiObject> pods) {
        Map<String, Integer> wanted = new LinkedHashMap<>();
        boolean unmanaged = false;
        for (ApiObject pod : pods) {
            if (pod.controller().isEmpty()) {
                unmanaged = true;
                continue;
            }
            Optional<ApiObject> controller = controller(pod);
            if (controller.isPresent() && controller.get().kind().equals("ReplicaSet")) {
                controller = controller(controller.get()).or(() -> controller(pod));
            }
            if (controller.isEmpty() || !controller.get().spec().has("replicas")) {
                return new Scale(0, unmanaged,
                        "found no controllers for pod \"" + pod.name() + "\"");
            }
            wanted.put(controller.get().uid(), Workloads.replicas(controller.get()));
        }
        return new Scale(wanted.values().stream().mapToInt(Integer::intValue).sum(), unmanaged,
                "");
    }

    private Optional<ApiObject> controller(ApiObject object) {
        return object.controller().flatMap(reference -> {
            GroupResource type = switch (reference.path("kind").asText("")) {
                case "Deployment" -> GroupResource.DEPLOYMENTS;
                case "ReplicaSet" -> GroupResource.REPLICA_SETS;
                case "ReplicationController" -> GroupResource.REPLICATION_CONTROLLERS;
                case "StatefulSet" -> GroupResource.STATEFUL_SETS;
                default -> GroupResource.CLAIMS;
            };
            return type.equals(GroupResource.CLAIMS)
                    ? Optional.empty()
                    : store.get(new ObjectKey(type, object.namespace(),
                            reference.path("name").asText("")))
                            .filter(o -> o.uid().equals(reference.path("uid").asText("")))
                            .map(StoredObject::object);
        });
    }
}
