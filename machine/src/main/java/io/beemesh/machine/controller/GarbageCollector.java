package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GracefulDeletion.Propagation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Deletes objects whose owners are all gone, and carries out what an owner's deletion asks for its
 * dependents: orphan them, or delete them first.
 *
 * <p>An owner is gone if the committed registry, asked by name, has none with that uid; one of a kind
 * that is not known is never taken for gone.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/architecture/garbage-collection/">garbage
 *     collection</a>
 */
final class GarbageCollector implements Reconciler {
    private final Store store;
    private final Kinds kinds;
    private final OwnerGraph graph;

    GarbageCollector(Store store, Kinds kinds) {
        this.store = store;
        this.kinds = kinds;
        this.graph = new OwnerGraph(kinds);
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        for (GroupResource type : kinds.all()) {
            for (StoredObject object : store.list(type, "")) {
                graph.put(object);
                if (!graph.owners(object.key()).isEmpty() || OwnerGraph.isHeld(object)) {
                    enqueue.accept(object.key());
                }
            }
        }
    }

    @Override
    public List<ObjectKey> judgedBy(ObjectKey key) {
        int slot = SlotMap.of(key);
        return graph.owners(key).stream().filter(owner -> !owner.isUnknown())
                .map(OwnerGraph.Reference::key).filter(owner -> SlotMap.of(owner) != slot).toList();
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        StoredObject object = change.object();
        if (object.key().type().equals(GroupResource.EVENTS)
                || object.key().type().equals(GroupResource.LEDGERS)) {
            return;
        }
        if (change.kind() == Change.Kind.DELETED) {
            graph.owners(object.key()).forEach(owner -> enqueue.accept(owner.key()));
            graph.dependents(object.uid()).forEach(enqueue);
            graph.remove(object.key());
            return;
        }
        List<OwnerGraph.Reference> before = graph.owners(object.key());
        if (graph.put(object) || OwnerGraph.isHeld(object)) {
            enqueue.accept(object.key());
        }
        before.forEach(owner -> enqueue.accept(owner.key()));
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty()) {
            return Reconciler.done();
        }
        ApiObject object = stored.get().object();
        if (object.isDeleting()) {
            if (Finalizers.has(object, GracefulDeletion.ORPHAN)) {
                return orphanDependents(stored.get(), object);
            }
            if (Finalizers.has(object, GracefulDeletion.FOREGROUND)) {
                return deleteDependents(stored.get(), object);
            }
            return Reconciler.done();
        }
        return judge(stored.get(), object);
    }

    /** Takes the owner's name off its dependents, then lets it go. */
    private CompletableFuture<Outcome> orphanDependents(StoredObject stored, ApiObject owner) {
        List<StoredObject> dependents = dependents(owner);
        if (dependents.isEmpty()) {
            return removeFinalizer(stored, GracefulDeletion.ORPHAN);
        }
        CompletableFuture<Outcome> all = Reconciler.done();
        for (StoredObject dependent : dependents) {
            Batch batch = store.batch("garbage-collector");
            Workloads.release(batch.edit(dependent), owner);
            all = all.thenCombine(batch.commit(new Outcome.Done()),
                    (_, outcome) -> outcome);
        }
        // The next look finds none left, or those whose release lost a race.
        return all.thenApply(_ -> new Outcome.Retry("dependents released"));
    }

    /** Deletes dependents; the owner goes once none that blocks it is left. */
    private CompletableFuture<Outcome> deleteDependents(StoredObject stored, ApiObject owner) {
        List<StoredObject> dependents = dependents(owner);
        boolean blocked = dependents.stream().anyMatch(d -> blocks(d, owner.uid()));
        if (!blocked) {
            return removeFinalizer(stored, GracefulDeletion.FOREGROUND);
        }
        CompletableFuture<Outcome> all = Reconciler.done();
        for (StoredObject dependent : dependents) {
            if (!dependent.object().isDeleting()) {
                all = all.thenCombine(judge(dependent, dependent.object()),
                        (one, other) -> one instanceof Outcome.Retry ? one : other);
            }
        }
        return all;
    }

    private boolean blocks(StoredObject dependent, String ownerUid) {
        return graph.owners(dependent.key()).stream()
                .anyMatch(r -> r.uid().equals(ownerUid) && r.blocks());
    }

    private static boolean isHeld(ApiObject object) {
        return object.isDeleting() && Finalizers.has(object, GracefulDeletion.FOREGROUND);
    }

    private List<StoredObject> dependents(ApiObject owner) {
        List<StoredObject> dependents = new ArrayList<>();
        for (ObjectKey key : graph.dependents(owner.uid())) {
            store.get(key).ifPresent(dependents::add);
        }
        return dependents;
    }

    /** Deletes an object without any owner left; takes off the names of those that are gone. */
    private CompletableFuture<Outcome> judge(StoredObject stored, ApiObject object) {
        List<OwnerGraph.Reference> references = graph.owners(stored.key());
        Set<String> gone = new LinkedHashSet<>();
        boolean solid = false;
        boolean waiting = false;
        for (OwnerGraph.Reference reference : references) {
            if (reference.isUnknown()) {
                solid = true;
                continue;
            }
            Optional<ApiObject> owner = store.get(reference.key())
                    .filter(o -> o.uid().equals(reference.uid())).map(StoredObject::object);
            if (owner.isEmpty()) {
                gone.add(reference.uid());
            } else if (isHeld(owner.get())) {
                gone.add(reference.uid());
                waiting = true;
            } else {
                solid = true;
            }
        }
        if (gone.isEmpty()) {
            return Reconciler.done();
        }
        Batch batch = store.batch("garbage-collector");
        if (solid) {
            ApiObject next = batch.edit(stored);
            gone.forEach(uid -> release(next, uid));
        } else {
            List<StoredObject> dependents = dependents(object);
            boolean foreground = waiting && !dependents.isEmpty();
            if (foreground && dependents.stream().anyMatch(d -> isHeld(d.object()))) {
                // Perhaps a circle, in which nobody would ever go first: this one stops blocking.
                batch.edit(stored).metadata().path("ownerReferences").forEach(
                        reference -> ((ObjectNode) reference).put("blockOwnerDeletion", false));
            }
            batch.delete(stored, new GracefulDeletion.Options(OptionalLong.empty(),
                    foreground ? Optional.of(Propagation.FOREGROUND) : Optional.empty()));
        }
        return batch.commit(new Outcome.Done());
    }

    private static void release(ApiObject object, String uid) {
        var references = object.metadata().withArrayProperty("ownerReferences");
        for (int i = references.size() - 1; i >= 0; i--) {
            if (references.get(i).path("uid").asText("").equals(uid)) {
                references.remove(i);
            }
        }
    }

    private CompletableFuture<Outcome> removeFinalizer(StoredObject stored, String finalizer) {
        Batch batch = store.batch("garbage-collector");
        Finalizers.remove(batch, stored, finalizer);
        return batch.commit(new Outcome.Done());
    }
}
