package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.engine.Rendering.ListMeta;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Answers delete and deletecollection. */
final class DeleteVerb {
    private static final int ATTEMPTS_MAX = 6;

    private final EngineSeams seams;
    private final SlotWrites writes;

    DeleteVerb(EngineSeams seams) {
        this.seams = seams;
        this.writes = new SlotWrites(seams.registry());
    }

    /**
     * How a deletion ended.
     *
     * @param gone false if the object is still there, marked
     */
    record Deleted(byte[] json, String uid, boolean gone) {}

    /** Changes the object beside its deletion, such as the condition that an eviction sets. */
    interface Note {
        Note NONE = object -> {
        };

        void write(ApiObject object);

        /** What is committed with the deletion, or prevents it by a StatusException. */
        default List<Mutation> companions(ApiObject object) {
            return List.of();
        }
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        DeleteOptions options = DeleteOptions.of(call.request());
        return delete(call.resource(), call.key(), options, Note.NONE).thenApply(deleted -> {
            boolean object = !deleted.gone() || call.type().equals(GroupResource.PODS)
                    || call.type().equals(GroupResource.NAMESPACES)
                    || call.type().equals(GroupResource.SERVICE_ACCOUNTS)
                    || call.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)
                    || call.type().equals(GroupResource.PERSISTENT_VOLUMES);
            return object
                    ? Rendering.object(call, 200, deleted.json(), seams.loop().wallTime())
                    : Rendering.tree(call, 200, success(call.type(), call.info().name(),
                            deleted.uid()));
        });
    }

    /** Deletes what is selected, each object by itself, and gives what was there. */
    CompletableFuture<ApiResponse> handleCollection(Call call) {
        DeleteOptions options = DeleteOptions.of(call.request());
        Selection selection = Selection.of(call.request(), call.info());
        return seams.registry().list(call.type(), call.info().namespace())
                .thenComposeAsync(snapshot -> {
                    List<StoredObject> selected = snapshot.objects().stream()
                            .filter(selection::matches).toList();
                    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
                    for (StoredObject object : selected) {
                        all = all.thenCompose(v -> tolerant(call, object, options));
                    }
                    return all.thenApply(v -> Rendering.list(call, selected,
                            new ListMeta(snapshot.version(), "", -1), seams.loop().wallTime()));
                }, seams.workers());
    }

    private CompletableFuture<Void> tolerant(Call call, StoredObject object,
            DeleteOptions options) {
        if (seams.registry().get(object.key()).isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return delete(call.resource(), object.key(), options, Note.NONE).handle((d, e) -> {
            if (e != null && seams.registry().get(object.key()).isPresent()) {
                throw new java.util.concurrent.CompletionException(e);
            }
            return null;
        });
    }

    /** Deletes one object. */
    CompletableFuture<Deleted> delete(ResourceDescriptor resource, ObjectKey key,
            DeleteOptions options, Note note) {
        return attempt(new Order(resource, key, options, note), 1);
    }

    private record Order(ResourceDescriptor resource, ObjectKey key, DeleteOptions options,
            Note note) {}

    private CompletableFuture<Deleted> attempt(Order order, int attempt) {
        ObjectKey key = order.key;
        Optional<StoredObject> found = seams.registry().get(key);
        if (found.isEmpty()) {
            throw StatusTable.notFound(key.type(), key.name());
        }
        StoredObject stored = found.get();
        ApiObject current = stored.object();
        order.options.requirePreconditions(key.type(), current);
        List<Mutation> noted = order.note.companions(current);
        order.note.write(current);
        GracefulDeletion.Outcome outcome = GracefulDeletion.delete(key.type(), current,
                order.options.deletion(), seams.loop().wallTime());
        return switch (outcome) {
            case GracefulDeletion.Outcome.Pending _ -> CompletableFuture
                    .completedFuture(new Deleted(stored.json(), stored.uid(), false));
            case GracefulDeletion.Outcome.Mark mark -> write(order, stored,
                    new Change(mark.next(), false, noted), attempt);
            case GracefulDeletion.Outcome.Remove remove -> write(order, stored,
                    new Change(remove.last(), true, noted), attempt);
        };
    }

    /** What is to be written: the object marked, or its last state and that it goes. */
    private record Change(ApiObject next, boolean gone, List<Mutation> noted) {}

    private CompletableFuture<Deleted> write(Order order, StoredObject stored, Change change,
            int attempt) {
        ApiObject next = change.next;
        boolean gone = change.gone;
        if (order.options.dryRun()) {
            return CompletableFuture.completedFuture(
                    new Deleted(Json.write(next.tree()), stored.uid(), gone));
        }
        Draft draft = Draft.of(order.key, next);
        List<Mutation> companions = new ArrayList<>(change.noted);
        if (gone) {
            companions.addAll(seams.admission().onRemove(order.resource, next));
        }
        CompletableFuture<WriteResult> write = writes.write(gone
                ? new Mutation.Delete(draft, stored.version())
                : new Mutation.Update(draft, stored.version()), companions);
        return write.thenComposeAsync(result -> {
            if (result instanceof WriteResult.Committed committed) {
                return CompletableFuture.completedFuture(
                        new Deleted(committed.object().json(), stored.uid(), gone));
            }
            if (result instanceof WriteResult.Conflict && attempt < ATTEMPTS_MAX) {
                return attempt(order, attempt + 1);
            }
            throw Outcomes.failure(order.key.type(), order.key.name(), result);
        }, seams.workers());
    }

    /** The Status of a deletion that is done. */
    static ObjectNode success(GroupResource type, String name, String uid) {
        ObjectNode status = success();
        ObjectNode details = status.putObject("details");
        details.put("name", name);
        if (!type.group().isEmpty()) {
            details.put("group", type.group());
        }
        details.put("kind", type.resource());
        details.put("uid", uid);
        return status;
    }

    /** A Status that says Success. */
    static ObjectNode success() {
        ObjectNode status = Json.object();
        status.put("kind", "Status");
        status.put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success");
        return status;
    }
}
