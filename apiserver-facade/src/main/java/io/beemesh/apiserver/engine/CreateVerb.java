package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.authorization.Attributes;
import io.beemesh.apiserver.authorization.GrantChecks;
import io.beemesh.apiserver.engine.UpdatePipeline.ManagedBy;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.WriteResult;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Answers create, and makes the objects that update and apply find absent. */
final class CreateVerb {
    private static final int ATTEMPTS_MAX = 8;

    private final EngineSeams seams;
    private final Randomness randomness;
    private final Managing managing;
    private final SlotWrites writes;
    private final GrantChecks grants;

    CreateVerb(EngineSeams seams, Randomness randomness, Managing managing) {
        this.seams = seams;
        this.randomness = randomness;
        this.managing = managing;
        this.writes = new SlotWrites(seams.registry());
        this.grants = seams.grants();
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        WriteOptions options = WriteOptions.of(call.request(), "CreateOptions", false);
        ApiObject body = FieldChecks.read(call, options);
        return create(call, options, body, ManagedBy.UPDATE);
    }

    /** Creates what an update or apply found absent, if who asks may create, too. */
    CompletableFuture<ApiResponse> createAbsent(Call call, WriteOptions options, ApiObject body,
            ManagedBy managedBy) {
        Attributes wanted = Attributes.resource("create", call.type(), "", call.info().namespace(),
                call.info().name());
        seams.authorizer().refuse(call.request().user(), wanted).ifPresent(refusal -> {
            throw refusal;
        });
        return create(call, options, body, managedBy);
    }

    /** Creates {@code body}, which is the caller's to give. */
    CompletableFuture<ApiResponse> create(Call call, WriteOptions options, ApiObject body,
            ManagedBy managedBy) {
        Preparation.wipeSystemFields(body);
        Preparation.setNamespace(body, call.info().namespace());
        return attempt(call, options, new Wanted(body, managedBy), 1);
    }

    private record Wanted(ApiObject body, ManagedBy managedBy) {}

    private CompletableFuture<ApiResponse> attempt(Call call, WriteOptions options, Wanted wanted,
            int attempt) {
        ApiObject object = wanted.body.copy();
        boolean generated = complete(call, object);
        WriteAdmission.Outcome admitted = prepare(call, options, object, wanted.managedBy);
        CompletableFuture<Void> warned = seams.admission().warnings(call.resource(), object,
                new ApiObject(Json.object()), seams.workers()).thenAccept(call::warn);
        ObjectKey key = new ObjectKey(call.type(), call.info().namespace(), object.name());
        if (options.dryRun()) {
            if (seams.registry().get(key).isPresent()) {
                throw StatusTable.alreadyExists(call.type(), object.name());
            }
            return warned.thenApply(_ -> Rendering.object(call, 201, Json.write(object.tree()),
                    seams.loop().wallTime()));
        }
        return warned
                .thenCompose(_ -> writes.write(new Mutation.Create(Draft.of(key, object)),
                        admitted.companions()))
                .thenComposeAsync(result -> {
                    if (result instanceof WriteResult.Committed committed) {
                        return CompletableFuture.completedFuture(Rendering.object(call, 201,
                                committed.object().json(), seams.loop().wallTime()));
                    }
                    boolean taken = result instanceof WriteResult.AlreadyExists exists
                            && (generated || !exists.existing().key().equals(key));
                    // What it uses of a quota was used by somebody else meanwhile.
                    boolean overtaken = result instanceof WriteResult.Conflict;
                    if ((taken || overtaken) && attempt < ATTEMPTS_MAX) {
                        return attempt(call, options, wanted, attempt + 1);
                    }
                    throw Outcomes.failure(call.type(), object.name(), result);
                }, seams.workers());
    }

    /** Sets what the server gives every object; true if the name is drawn. */
    private boolean complete(Call call, ApiObject object) {
        String base = object.metadata().path("generateName").asText("");
        boolean generated = object.name().isEmpty() && !base.isEmpty();
        if (generated) {
            object.metadata().put("name", randomness.generatedName(base));
        } else if (object.name().isEmpty()) {
            throw StatusTable.invalid(call.type().group(), call.resource().kind(), "",
                    List.of(new io.beemesh.apiserver.request.ApiStatus.Cause("FieldValueRequired",
                            "Required value: name or generateName is required",
                            "metadata.name")));
        }
        object.metadata().put("uid", randomness.uid());
        object.metadata().put("creationTimestamp",
                seams.loop().wallTime().truncatedTo(ChronoUnit.SECONDS).toString());
        if (call.resource().namespaced()) {
            Preparation.requireNamespace(seams.registry(), call.type(), call.info().namespace(),
                    object.name());
        }
        return generated;
    }

    private WriteAdmission.Outcome prepare(Call call, WriteOptions options, ApiObject object,
            ManagedBy managedBy) {
        ResourceDescriptor resource = call.resource();
        resource.strategy().setDefaults(object);
        grants.check(call.request().user(), call.key(), object, Optional.empty());
        resource.strategy().prepareCreate(object);
        WriteAdmission.Outcome admitted = seams.admission().admitCreate(resource, object);
        Outcomes.requireAdmitted(resource, object.name(), admitted);
        Outcomes.requireValid(resource, object.name(), resource.strategy().validateCreate(object));
        if (managedBy == ManagedBy.UPDATE) {
            managing.created(call, options, object);
        }
        call.warn(resource.strategy().warnings(object));
        WriteAdmission.Outcome checked = seams.admission().check(resource, object,
                Optional.empty(), admitted);
        Outcomes.requireAdmitted(resource, object.name(), checked);
        return checked;
    }
}
