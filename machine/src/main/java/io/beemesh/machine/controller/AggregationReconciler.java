package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Fills the ClusterRoles that have an aggregation rule with the rules of those that it selects.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles">aggregated
 *     ClusterRoles</a>
 */
final class AggregationReconciler implements Reconciler {
    private final Store store;
    /** What each aggregating role selects; as many entries as there are such roles. */
    private final Map<ObjectKey, Set<LabelSelector>> selectors = new TreeMap<>();

    AggregationReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.CLUSTER_ROLES, "").forEach(role -> remember(role, enqueue));
    }

    private void remember(StoredObject role, Consumer<ObjectKey> enqueue) {
        Set<LabelSelector> selected = new LinkedHashSet<>();
        for (JsonNode selector : role.object().tree().path("aggregationRule")
                .path("clusterRoleSelectors")) {
            selected.add(Workloads.selector(selector));
        }
        if (selected.isEmpty()) {
            selectors.remove(role.key());
        } else {
            selectors.put(role.key(), selected);
            enqueue.accept(role.key());
        }
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (!key.type().equals(GroupResource.CLUSTER_ROLES)) {
            return;
        }
        if (change.kind() == Change.Kind.DELETED) {
            selectors.remove(key);
        } else {
            remember(change.object(), enqueue);
        }
        selectors.forEach((role, selected) -> {
            boolean concerns = selected.stream()
                    .anyMatch(s -> s.matches(change.object().labels()) || change.previous()
                            .map(p -> s.matches(p.labels())).orElse(false));
            if (concerns) {
                enqueue.accept(role);
            }
        });
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        Set<LabelSelector> selected = selectors.getOrDefault(key, Set.of());
        if (stored.isEmpty() || selected.isEmpty()) {
            return Reconciler.done();
        }
        Set<JsonNode> rules = new LinkedHashSet<>();
        for (LabelSelector selector : selected) {
            for (StoredObject role : store.list(GroupResource.CLUSTER_ROLES, "")) {
                if (!role.key().equals(key) && selector.matches(role.labels())) {
                    role.object().tree().path("rules").forEach(rules::add);
                }
            }
        }
        Batch batch = store.batch("clusterrole-aggregation-controller");
        ApiObject role = batch.edit(stored.get());
        ArrayNode all = Json.object().arrayNode().addAll(rules);
        if (!role.tree().path("rules").equals(all)
                && !(all.isEmpty() && role.tree().path("rules").isEmpty())) {
            role.tree().set("rules", all);
        }
        return batch.commit(new Outcome.Done());
    }
}
