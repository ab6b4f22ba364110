package io.beemesh.machine.quota;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Quantity;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Function;

/**
 * The quotas of each namespace, and what a write costs of them: it is committed together with what it
 * uses, so that no two writers can use the same rest. The loop follows them, any thread asks.
 */
public final class Quotas implements WatchListener {
    private final Registry registry;
    /** Names by namespace: as many as there are ResourceQuotas. */
    private final Map<String, Set<String>> names = new ConcurrentHashMap<>();

    public Quotas(Registry registry) {
        this.registry = registry;
    }

    /** Follows what there is; on the loop. */
    public void start() {
        registry.follow(this);
        registry.peek(GroupResource.RESOURCE_QUOTAS, "").forEach(this::add);
    }

    /**
     * Counts a new object, or what an update adds, in all quotas that are concerned; returns why it is
     * refused, or nothing.
     *
     * @param before the object as it was; empty if it is new
     * @param editor gives the tree of a quota that is committed with the write
     */
    public Optional<String> charge(GroupResource type, ApiObject object,
            Optional<ApiObject> before, Function<StoredObject, ApiObject> editor) {
        Set<String> own = names.getOrDefault(object.namespace(), Set.of());
        List<Runnable> charges = new ArrayList<>();
        for (String name : own) {
            Optional<StoredObject> stored = registry.get(new ObjectKey(
                    GroupResource.RESOURCE_QUOTAS, object.namespace(), name));
            if (stored.isEmpty()) {
                continue;
            }
            Quota read = new Quota(stored.get().object());
            if (type.equals(GroupResource.PODS) && before.isEmpty()) {
                Optional<String> unspecified = read.unspecified(object);
                if (unspecified.isPresent()) {
                    return unspecified;
                }
            }
            Map<String, Quantity> more = added(read.charge(type, object),
                    before.map(b -> read.charge(type, b)).orElse(Map.of()));
            if (more.isEmpty()) {
                continue;
            }
            // Others of the same commit may have used some of it already.
            Quota edited = new Quota(editor.apply(stored.get()));
            Optional<String> exceeded = edited.exceeded(more);
            if (exceeded.isPresent()) {
                return exceeded;
            }
            charges.add(() -> edited.use(more));
        }
        charges.forEach(Runnable::run);
        return Optional.empty();
    }

    private static Map<String, Quantity> added(Map<String, Quantity> now,
            Map<String, Quantity> before) {
        Map<String, Quantity> more = new TreeMap<>();
        now.forEach((name, amount) -> {
            Quantity rest = amount.minus(before.getOrDefault(name, Quantity.ZERO));
            if (rest.signum() > 0) {
                more.put(name, rest);
            }
        });
        return more;
    }

    /** True if the namespace has quotas. */
    public boolean has(String namespace) {
        return names.containsKey(namespace);
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            ObjectKey key = change.object().key();
            if (!key.type().equals(GroupResource.RESOURCE_QUOTAS)) {
                continue;
            }
            if (change.kind() == Change.Kind.DELETED) {
                names.computeIfPresent(key.namespace(), (namespace, own) -> {
                    own.remove(key.name());
                    return own.isEmpty() ? null : own;
                });
            } else {
                add(change.object());
            }
        }
    }

    private void add(StoredObject quota) {
        names.computeIfAbsent(quota.key().namespace(), n -> new ConcurrentSkipListSet<>())
                .add(quota.key().name());
    }

    @Override
    public void onProgress(long version) {
        // Only changes matter.
    }

    @Override
    public void onClosed(String reason) {
        // The node is shutting down; what is known stays true.
    }
}
