package io.beemesh.machine.controller;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Finds the workload that a changed object belongs to without parsing it: which uid has which key, and
 * what each selects. As many entries as there are workloads.
 */
final class OwnerKeys {
    private static final List<GroupResource> TYPES = List.of(GroupResource.DEPLOYMENTS,
            GroupResource.REPLICA_SETS, GroupResource.REPLICATION_CONTROLLERS,
            GroupResource.STATEFUL_SETS, GroupResource.DAEMON_SETS,
            GroupResource.JOBS);

    /** What StatefulSets and DaemonSets own. */
    static final List<GroupResource> PODS_AND_REVISIONS = List.of(GroupResource.PODS,
            GroupResource.CONTROLLER_REVISIONS);

    private final Registry registry;
    private final Map<String, ObjectKey> keys = new HashMap<>();
    private final Map<ObjectKey, LabelSelector> selectors = new TreeMap<>();

    OwnerKeys(Registry registry) {
        this.registry = registry;
    }

    /** Reads the workloads that exist. */
    void start() {
        for (GroupResource type : TYPES) {
            registry.peek(type, "").forEach(this::put);
        }
    }

    /** Must see every change before the reconcilers do. */
    void observe(Change change) {
        StoredObject object = change.object();
        if (!TYPES.contains(object.key().type())) {
            return;
        }
        if (change.kind() == Change.Kind.DELETED) {
            keys.remove(object.uid());
            selectors.remove(object.key());
        } else {
            put(object);
        }
    }

    private void put(StoredObject object) {
        keys.put(object.uid(), object.key());
        selectors.put(object.key(),
                Workloads.selector(object.object().tree().path("spec").path("selector")));
    }

    Optional<ObjectKey> keyOf(String uid) {
        return Optional.ofNullable(keys.get(uid));
    }

    /** Names the workload of {@code type} that changed, or those that a change of one of its parts concerns. */
    void route(Change change, GroupResource type, List<GroupResource> parts,
            Consumer<ObjectKey> enqueue) {
        GroupResource changed = change.object().key().type();
        if (changed.equals(type)) {
            enqueue.accept(change.object().key());
        } else if (parts.contains(changed)) {
            routeOwned(change, type, enqueue);
        }
    }

    /**
     * Names the workload of {@code type} that owns the object or did before, or, for one without
     * owner, those that select it.
     */
    private void routeOwned(Change change, GroupResource type, Consumer<ObjectKey> enqueue) {
        StoredObject object = change.object();
        enqueueOwner(object, type, enqueue);
        change.previous().filter(p -> !p.controllerUid().equals(object.controllerUid()))
                .ifPresent(p -> enqueueOwner(p, type, enqueue));
        if (object.controllerUid().isEmpty() && change.kind() != Change.Kind.DELETED) {
            String namespace = object.key().namespace();
            selectors.forEach((key, selector) -> {
                if (key.type().equals(type) && key.namespace().equals(namespace)
                        && selector.matches(object.labels())) {
                    enqueue.accept(key);
                }
            });
        }
    }

    private void enqueueOwner(StoredObject object, GroupResource type,
            Consumer<ObjectKey> enqueue) {
        ObjectKey owner = keys.get(object.controllerUid());
        if (owner != null && owner.type().equals(type)) {
            enqueue.accept(owner);
        }
    }
}
