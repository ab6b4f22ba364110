package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What clients did on all sides of a mesh, and what must have become of it: an acknowledged value is in the
 * object at the end, or was in its history, or was written over by who had read it, or an Event names it.
 * What was deleted stays deleted, and nothing else is gone.
 */
final class ForkClients {
    /** One value in one field. */
    private record Edit(ObjectKey key, String uid, String field, String value) {}

    /** What a client asked for. */
    static final class Operation {
        private final Mutation mutation;
        private final Optional<StoredObject> upon;
        private final Map<String, String> values;

        private Operation(Mutation mutation, Optional<StoredObject> upon,
                Map<String, String> values) {
            this.mutation = mutation;
            this.upon = upon;
            this.values = values;
        }
    }

    /** Nobody knows what became of these, as the node that was asked went. */
    private final Set<Operation> open = new HashSet<>();
    private final Set<Edit> acknowledged = new HashSet<>();
    private final Set<String> superseded = new HashSet<>();
    private final Set<String> history = new HashSet<>();
    private final Map<String, ObjectKey> created = new TreeMap<>();
    private final Set<String> deleted = new HashSet<>();
    private final Set<String> deletionsTried = new HashSet<>();
    private final Set<Long> versions = new HashSet<>();
    int writes;
    int refusals;
    int unknown;

    /** A new object, or the next state of {@code current}, with a value of its own in a field. */
    Operation write(ObjectKey key, Optional<StoredObject> current, int number, boolean delete) {
        Operation operation = next(key, current, number, delete);
        open.add(operation);
        return operation;
    }

    private Operation next(ObjectKey key, Optional<StoredObject> current, int number,
            boolean delete) {
        if (current.isPresent() && delete) {
            deletionsTried.add(current.get().uid());
            return new Operation(new Mutation.Delete(
                    Draft.of(key, current.get().object()), current.get().version()), current,
                    Map.of());
        }
        String field = "f" + number % 3;
        String value = "value-" + number + "-";
        ApiObject object = current.map(StoredObject::object)
                .orElseGet(() -> TestObjects.object(key, ""));
        ObjectNode data = object.tree().withObjectProperty("data");
        if (current.isEmpty()) {
            data.removeAll();
            object.metadata().put("uid", "uid-" + number + "-");
            object.metadata().put("creationTimestamp", "2026-01-01T00:00:00Z");
        }
        data.put(field, value);
        return new Operation(current.isEmpty()
                ? new Mutation.Create(Draft.of(key, object))
                : new Mutation.Update(Draft.of(key, object), current.get().version()), current,
                Map.of(field, value));
    }

    Mutation mutation(Operation operation) {
        return operation.mutation;
    }

    boolean isOpen(Operation operation) {
        return open.contains(operation);
    }

    void end(Operation operation, WriteResult result) {
        open.remove(operation);
        switch (result) {
            case WriteResult.Committed done -> {
                writes++;
                made(operation, true, done.object());
                if (!versions.add(done.object().version())) {
                    throw new AssertionError("two writes got version " + done.object().version());
                }
            }
            case WriteResult.Unavailable(_, _, boolean maybe) -> {
                unknown++;
                if (maybe) {
                    made(operation, false, null);
                }
            }
            case WriteResult.AlreadyExists _,WriteResult.Conflict _,WriteResult.NotFound _,WriteResult.Full _,WriteResult.NeedsMajority _ ->
                refusals++;
        }
    }

    private void made(Operation operation, boolean sure,
            @Nullable StoredObject state) {
        ObjectKey key = operation.mutation.key();
        if (operation.mutation instanceof Mutation.Delete) {
            String uid = operation.upon.orElseThrow().uid();
            operation.upon.ifPresent(u -> superseded.addAll(values(u)));
            if (sure) {
                deleted.add(uid);
            }
            return;
        }
        operation.values.forEach((field, value) -> {
            operation.upon.map(u -> u.object().tree().path("data").path(field).asText(""))
                    .ifPresent(superseded::add);
            if (sure && state != null) {
                acknowledged.add(new Edit(key, state.uid(), field, value));
            }
        });
        if (sure && operation.upon.isEmpty() && state != null) {
            created.put(state.uid(), key);
        }
    }

    private static Set<String> values(StoredObject object) {
        return new HashSet<>(ApiObject.strings(object.object().tree().path("data")).values());
    }

    /** A node shows a change; versions of forks are not yet history. */
    void saw(Change change) {
        if (change.kind() != Change.Kind.DELETED
                && !HybridClock.isDetached(change.version())
                && change.object().key().type().equals(GroupResource.CONFIG_MAPS)) {
            history.addAll(values(change.object()));
        }
    }

    /** @param last all objects at the end, Events among them */
    void checkEnd(List<StoredObject> last) {
        open.forEach(o -> made(o, false, null));
        StringBuilder told = new StringBuilder();
        Set<String> uids = new HashSet<>();
        Map<ObjectKey, StoredObject> objects = new HashMap<>();
        for (StoredObject object : last) {
            if (object.key().type().equals(GroupResource.EVENTS)) {
                told.append(object.object().tree().path("message").asText()).append('\n');
            } else {
                uids.add(object.uid());
                objects.put(object.key(), object);
                history.addAll(values(object));
            }
        }
        String events = told.toString();
        for (Edit edit : acknowledged) {
            boolean known = history.contains(edit.value) || superseded.contains(edit.value)
                    || events.contains(edit.value);
            if (!known) {
                throw new AssertionError("lost without a word: " + edit + "; " + edit.key + " is "
                        + Optional.ofNullable(objects.get(edit.key)).map(o -> o.object().tree())
                        + ", events: " + events);
            }
        }
        for (String uid : deleted) {
            if (uids.contains(uid)) {
                throw new AssertionError(uid + " was deleted and is back");
            }
        }
        created.forEach((uid, key) -> {
            if (!uids.contains(uid) && !deletionsTried.contains(uid) && !events.contains(uid)) {
                throw new AssertionError(uid + " of " + key + " is gone, and nobody deleted it");
            }
        });
    }
}
