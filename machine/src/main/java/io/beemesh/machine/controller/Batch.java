package io.beemesh.machine.controller;

import io.beemesh.machine.controller.Reconciler.Outcome;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The changes of one step, committed as one log entry or not at all, and the Events to record once
 * they are. All its objects must be of one slot.
 *
 * <p>{@link #edit} hands out a tree to change; at the commit those that really changed are written
 * with the version they were read at, so a step that finds all well writes nothing.
 */
final class Batch {
    private final Registry registry;
    private final Admission admission;
    private final EventSink events;
    private final String component;
    private final Instant now;
    private final Map<ObjectKey, Edit> edits = new LinkedHashMap<>();
    private final Map<ObjectKey, ApiObject> creations = new LinkedHashMap<>();
    private final Map<ObjectKey, Mutation> deletions = new LinkedHashMap<>();
    private final List<Runnable> afterCommit = new ArrayList<>();

    /** @param component the name that Events carry, such as {@code deployment-controller} */
    Batch(Registry registry, Admission admission, EventSink events, String component,
            Instant now) {
        this.registry = registry;
        this.admission = admission;
        this.events = events;
        this.component = component;
        this.now = now;
    }

    Instant now() {
        return now;
    }

    /** The object as this batch will leave it; changes of it are written at the commit. */
    ApiObject edit(StoredObject stored) {
        return edits.computeIfAbsent(stored.key(), _ -> new Edit(stored, stored.object())).next;
    }

    /** The object as this batch leaves it, without asking to write it; as stored if it is removed. */
    ApiObject edited(StoredObject stored) {
        Edit edit = edits.get(stored.key());
        return edit == null ? stored.object() : edit.next;
    }

    /** Adds a new object; throws if it breaks a rule, and then changes nothing. */
    ApiObject create(GroupResource type, ApiObject object) throws Admission.RejectedException {
        refuseInEndedNamespace(type, object);
        admission.prepareCreate(type, object);
        admission.charge(type, object, this::edit);
        admission.manage(type, new ApiObject(Json.object()), object);
        creations.put(key(type, object), object);
        return object;
    }

    /** As the API does for users: what is made in a namespace that goes would outlive it. */
    private void refuseInEndedNamespace(GroupResource type, ApiObject object)
            throws Admission.RejectedException {
        String namespace = object.namespace();
        if (namespace.isEmpty()) {
            return;
        }
        Optional<StoredObject> stored = registry
                .get(ObjectKey.cluster(GroupResource.NAMESPACES, namespace));
        if (stored.isEmpty()) {
            throw new Admission.RejectedException("namespaces \"" + namespace + "\" not found");
        }
        if ("Terminating".equals(stored.get().fields().get("status.phase"))) {
            throw new Admission.RejectedException(type + " \"" + object.name()
                    + "\" is forbidden: unable to create new content in namespace " + namespace
                    + " because it is being terminated");
        }
    }

    /** Adds a new object of a kind that only this node's own parts read. */
    void createAsIs(GroupResource type, ApiObject object) {
        creations.put(key(type, object), object);
    }

    /** Deletes as the API would: pods with grace, with finalizers only marked. */
    void delete(StoredObject stored, GracefulDeletion.Options options) {
        Edit edit = edits.remove(stored.key());
        ApiObject current = edit == null ? stored.object() : edit.next;
        switch (GracefulDeletion.delete(stored.key().type(), current, options, now)) {
            case GracefulDeletion.Outcome.Remove(ApiObject last) -> deletions.put(stored.key(),
                    new Mutation.Delete(Draft.of(stored.key(), last), stored.version()));
            case GracefulDeletion.Outcome.Mark(ApiObject next) -> edits.put(stored.key(),
                    new Edit(stored, next));
            case GracefulDeletion.Outcome.Pending() -> {
                if (edit != null) {
                    edits.put(stored.key(), edit);
                }
            }
        }
    }

    /** Records an Event if the changes are committed. */
    void event(ApiObject about, Severity severity, String reason, String message) {
        ApiObject copy = about.copy();
        afterCommit.add(() -> events.event(copy, severity, reason, message, component));
    }

    /** Runs if the changes are committed. */
    void onCommit(Runnable task) {
        afterCommit.add(task);
    }

    /** Records an Event now, whatever becomes of the changes. */
    void eventNow(ApiObject about, Severity severity, String reason, String message) {
        events.event(about, severity, reason, message, component);
    }

    /** True if this batch makes a new object of that key. */
    boolean creates(ObjectKey key) {
        return creations.containsKey(key);
    }

    /** Writes; with nothing to write the Events are recorded at once. */
    CompletableFuture<WriteResult> write() {
        List<Mutation> mutations = mutations();
        if (mutations.isEmpty()) {
            afterCommit.forEach(Runnable::run);
            return CompletableFuture
                    .completedFuture(new WriteResult.Committed(List.<StoredObject>of()));
        }
        return registry.write(mutations).thenApply(result -> {
            if (result instanceof WriteResult.Committed) {
                afterCommit.forEach(Runnable::run);
            }
            return result;
        });
    }

    /** Writes; the step then ends with {@code next} if committed. */
    CompletableFuture<Outcome> commit(Outcome next) {
        return write().thenApply(result -> outcome(result, next));
    }

    /** What a step does about a write's result. */
    static Outcome outcome(WriteResult result, Outcome committed) {
        return switch (result) {
            case WriteResult.Committed _ -> committed;
            case WriteResult.AlreadyExists(StoredObject existing) -> new Outcome.Retry(
                    existing.key() + " already exists");
            case WriteResult.Conflict(StoredObject current) -> new Outcome.Retry(
                    current.key() + " has changed");
            case WriteResult.NotFound(ObjectKey key) -> new Outcome.Retry(key + " is gone");
            case WriteResult.Full(String reason) -> new Outcome.Retry(reason);
            case WriteResult.Unavailable(String reason, var _, var _) -> new Outcome.Retry(reason);
            case WriteResult.NeedsMajority(String reason) -> new Outcome.Retry(reason);
        };
    }

    static ObjectKey key(GroupResource type, ApiObject object) {
        return new ObjectKey(type, object.namespace(), object.name());
    }

    private List<Mutation> mutations() {
        List<Mutation> mutations = new ArrayList<>();
        creations.forEach((key, object) -> mutations.add(new Mutation.Create(
                Draft.of(key, object))));
        for (Edit edit : edits.values()) {
            if (edit.hasChanged()) {
                admission.manage(edit.stored.key().type(), edit.stored.object(), edit.next);
                mutations.add(new Mutation.Update(Draft.of(edit.stored.key(), edit.next),
                        edit.stored.version()));
            }
        }
        mutations.addAll(deletions.values());
        return mutations;
    }

    private record Edit(StoredObject stored, ApiObject next) {
        /** Raises the generation if a controller changed the spec, as the API does for users. */
        boolean hasChanged() {
            if (Arrays.equals(Json.write(next.tree()), stored.json())) {
                return false;
            }
            ApiObject before = stored.object();
            if (next.generation() == before.generation() && next.generation() > 0
                    && !stored.key().type().equals(GroupResource.PODS)
                    && !Arrays.equals(Json.write(next.tree().path("spec")),
                            Json.write(before.tree().path("spec")))) {
                next.metadata().put("generation", next.generation() + 1);
            }
            return true;
        }
    }
}
