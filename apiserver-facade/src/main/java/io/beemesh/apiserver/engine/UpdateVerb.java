package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.engine.UpdatePipeline.ManagedBy;
import io.beemesh.apiserver.engine.UpdatePipeline.Request;
import io.beemesh.apiserver.engine.UpdatePipeline.Scope;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Answers update of an object or one part of it. */
final class UpdateVerb {
    private final EngineSeams seams;
    private final UpdatePipeline pipeline;
    private final CreateVerb creates;

    UpdateVerb(EngineSeams seams, UpdatePipeline pipeline, CreateVerb creates) {
        this.seams = seams;
        this.pipeline = pipeline;
        this.creates = creates;
    }

    CompletableFuture<ApiResponse> handle(Call call, Scope scope) {
        ResourceDescriptor resource = call.resource();
        WriteOptions options = WriteOptions.of(call.request(), "UpdateOptions", false);
        ApiObject body = FieldChecks.read(call, options);
        Preparation.requireSameName(body, call.key());
        String version = body.metadata().path("resourceVersion").asText("");
        boolean main = call.info().subresource().isEmpty();
        if (main && resource.createOnUpdate() && version.isEmpty()
                && seams.registry().get(call.key()).isEmpty()) {
            return creates.createAbsent(call, options, body, ManagedBy.UPDATE);
        }
        if (main && !resource.unconditionalUpdate() && version.isEmpty()
                && seams.registry().get(call.key()).isPresent()) {
            throw StatusTable.invalid(call.type().group(), resource.kind(), body.name(),
                    List.of(new Cause("FieldValueInvalid",
                            "Invalid value: 0: must be specified for an update",
                            "metadata.resourceVersion")));
        }
        return pipeline.update(
                new Request(call, options, scope, current -> body.copy(), ManagedBy.UPDATE));
    }
}
