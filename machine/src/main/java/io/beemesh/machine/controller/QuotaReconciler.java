package io.beemesh.machine.controller;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Quantity;
import io.beemesh.machine.quota.Quota;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Counts in each ResourceQuota what its namespace uses: what is new was counted when it was written, what
 * goes or ends is given back here.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/policy/resource-quotas/">resource quotas</a>
 */
final class QuotaReconciler implements Reconciler {
    private final Store store;
    /** The quotas of each namespace by each kind that they count. */
    private final Map<String, Map<GroupResource, Set<ObjectKey>>> counting = new TreeMap<>();

    QuotaReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.RESOURCE_QUOTAS, "").forEach(quota -> {
            remember(quota);
            enqueue.accept(quota.key());
        });
    }

    private void remember(StoredObject quota) {
        forget(quota.key());
        Map<GroupResource, Set<ObjectKey>> byType = counting
                .computeIfAbsent(quota.key().namespace(), n -> new TreeMap<>());
        new Quota(quota.object()).types().forEach(
                type -> byType.computeIfAbsent(type, t -> new TreeSet<>()).add(quota.key()));
    }

    private void forget(ObjectKey quota) {
        Map<GroupResource, Set<ObjectKey>> byType = counting.get(quota.namespace());
        if (byType != null) {
            byType.values().forEach(quotas -> quotas.remove(quota));
            byType.values().removeIf(Set::isEmpty);
            if (byType.isEmpty()) {
                counting.remove(quota.namespace());
            }
        }
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.RESOURCE_QUOTAS)) {
            if (change.kind() == Change.Kind.DELETED) {
                forget(key);
            } else {
                remember(change.object());
                enqueue.accept(key);
            }
        }
        Map<GroupResource, Set<ObjectKey>> byType = counting.get(key.namespace());
        if (byType != null && !key.namespace().isEmpty()) {
            byType.getOrDefault(key.type(), Set.of()).forEach(enqueue);
        }
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty()) {
            return Reconciler.done();
        }
        Batch batch = store.batch("resourcequota-controller");
        Quota quota = new Quota(batch.edit(stored.get()));
        Map<String, Quantity> sum = new TreeMap<>();
        for (GroupResource type : quota.types()) {
            for (StoredObject object : store.list(type, key.namespace())) {
                quota.charge(type, object.object())
                        .forEach((name, amount) -> sum.merge(name, amount, Quantity::plus));
            }
        }
        quota.recount(sum);
        return batch.commit(new Outcome.Done());
    }
}
