package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.authorization.GrantChecks;
import io.beemesh.apiserver.patch.JsonValues;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The way of every change of an existing object: read, transform, keep what may not change, default,
 * admit, validate, write; from the start again if somebody else wrote meanwhile.
 */
final class UpdatePipeline {
    private static final int ATTEMPTS_MAX = 6;
    private static final Set<String> SPEC_WRITES = Set.of("", "ephemeralcontainers");

    private final EngineSeams seams;
    private final Managing managing;
    private final SlotWrites writes;
    private final GrantChecks grants;

    UpdatePipeline(EngineSeams seams, Managing managing) {
        this.seams = seams;
        this.managing = managing;
        this.writes = new SlotWrites(seams.registry());
        this.grants = seams.grants();
    }

    /** Whether the write's fields are still to be recorded in managedFields. */
    enum ManagedBy {
        /** The writer takes what it changed. */
        UPDATE,
        /** Server-side apply has recorded them. */
        APPLY
    }

    /** How an object changes; called again after each conflict. */
    interface Transform {
        /** The next state, from a tree that may be changed and kept. */
        ApiObject next(ApiObject current);
    }

    /** What a write of one part of an object may touch. */
    interface Scope {
        void prepare(ResourceDescriptor resource, ApiObject next, ApiObject current);

        List<FieldError> validate(ResourceDescriptor resource, ApiObject next, ApiObject current);

        /** The whole object but its status. */
        Scope MAIN = new Scope() {
            @Override
            public void prepare(ResourceDescriptor resource, ApiObject next, ApiObject current) {
                resource.strategy().setDefaults(next);
                resource.strategy().prepareUpdate(next, current);
            }

            @Override
            public List<FieldError> validate(ResourceDescriptor resource, ApiObject next,
                    ApiObject current) {
                return resource.strategy().validateUpdate(next, current);
            }
        };

        /** Nothing but the status. */
        Scope STATUS = new Scope() {
            @Override
            public void prepare(ResourceDescriptor resource, ApiObject next, ApiObject current) {
                resource.strategy().setDefaults(next);
                resource.strategy().prepareStatusUpdate(next, current);
            }

            @Override
            public List<FieldError> validate(ResourceDescriptor resource, ApiObject next,
                    ApiObject current) {
                return resource.strategy().validateUpdate(next, current);
            }
        };
    }

    /** What becomes of an object. */
    record Request(Call call, WriteOptions options, Scope scope, Transform transform,
            ManagedBy managedBy) {}

    /** Writes and renders the object as it then is; 404 if there is none. */
    CompletableFuture<ApiResponse> update(Request request) {
        return write(request).thenApply(json -> Rendering.object(request.call, 200, json,
                seams.loop().wallTime()));
    }

    /** Writes and gives the canonical JSON of the object as it then is. */
    CompletableFuture<byte[]> write(Request request) {
        return attempt(request, 1);
    }

    private CompletableFuture<byte[]> attempt(Request request, int attempt) {
        Call call = request.call;
        Optional<StoredObject> found = seams.registry().get(call.key());
        if (found.isEmpty()) {
            throw StatusTable.notFound(call.type(), call.info().name());
        }
        StoredObject stored = found.get();
        ApiObject current = stored.object();
        ApiObject next = request.transform.next(stored.object());
        List<Mutation> companions = prepare(request, next, current);
        CompletableFuture<Void> warned = warn(call, next, current);
        boolean released = Preparation.isReleased(call.type(), next)
                && !Preparation.isReleased(call.type(), current);
        if (!released && JsonValues.equal(next.tree(), current.tree())) {
            return warned.thenApply(_ -> stored.json());
        }
        if (request.options.dryRun()) {
            return warned.thenApply(_ -> Json.write(next.tree()));
        }
        Draft draft = Draft.of(call.key(), next);
        CompletableFuture<WriteResult> write = warned.thenCompose(_ -> released
                ? writes.write(new Mutation.Delete(draft, stored.version()),
                        seams.admission().onRemove(call.resource(), next))
                : writes.write(new Mutation.Update(draft, stored.version()), companions));
        return write.thenComposeAsync(result -> {
            if (result instanceof WriteResult.Committed committed) {
                return CompletableFuture.completedFuture(committed.object().json());
            }
            boolean retry = result instanceof WriteResult.Conflict
                    || result instanceof WriteResult.AlreadyExists;
            if (retry && attempt < ATTEMPTS_MAX) {
                return attempt(request, attempt + 1);
            }
            throw Outcomes.failure(call.type(), call.info().name(), result);
        }, seams.workers());
    }

    /** Who writes a status or scales hears nothing of what the spec says. */
    private CompletableFuture<Void> warn(Call call, ApiObject next, ApiObject current) {
        return SPEC_WRITES.contains(call.info().subresource())
                ? seams.admission().warnings(call.resource(), next, current, seams.workers())
                        .thenAccept(call::warn)
                : CompletableFuture.completedFuture(null);
    }

    private List<Mutation> prepare(Request request, ApiObject next, ApiObject current) {
        Call call = request.call;
        ResourceDescriptor resource = call.resource();
        Preparation.requireSameName(next, call.key());
        Preparation.keepSystemFields(call.type(), next, current);
        Managing.Requested requested = managing.requested(call, next, current);
        request.scope.prepare(resource, next, current);
        grants.check(call.request().user(), call.key(), next, Optional.of(current));
        WriteAdmission.Outcome admitted = seams.admission().admitUpdate(resource, next, current);
        Outcomes.requireAdmitted(resource, next.name(), admitted);
        if (request.managedBy == ManagedBy.UPDATE) {
            managing.updated(call, request.options, requested, next, current);
        }
        List<Cause> causes = Preparation.newFinalizers(next, current);
        if (!causes.isEmpty()) {
            throw StatusTable.invalid(call.type().group(), resource.kind(), next.name(), causes);
        }
        Outcomes.requireValid(resource, next.name(),
                request.scope.validate(resource, next, current));
        call.warn(resource.strategy().warnings(next));
        WriteAdmission.Outcome checked = seams.admission().check(resource, next,
                Optional.of(current), admitted);
        Outcomes.requireAdmitted(resource, next.name(), checked);
        return checked.companions();
    }
}
