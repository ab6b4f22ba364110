package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.engine.UpdatePipeline.ManagedBy;
import io.beemesh.apiserver.engine.UpdatePipeline.Request;
import io.beemesh.apiserver.engine.UpdatePipeline.Scope;
import io.beemesh.apiserver.patch.JsonPatch;
import io.beemesh.apiserver.patch.MergePatch;
import io.beemesh.apiserver.patch.PatchException;
import io.beemesh.apiserver.patch.StrategicMergePatch;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.MediaType;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.schema.Schema;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Answers patch, of an object or one part of it. */
final class PatchVerb {
    private static final String APPLY = "application/apply-patch+yaml";
    private static final List<String> ACCEPTED = List.of("application/json-patch+json",
            "application/merge-patch+json", "application/strategic-merge-patch+json", APPLY);

    private final EngineSeams seams;
    private final UpdatePipeline pipeline;
    private final CreateVerb creates;
    private final Managing managing;

    PatchVerb(EngineSeams seams, UpdatePipeline pipeline, CreateVerb creates, Managing managing) {
        this.seams = seams;
        this.pipeline = pipeline;
        this.creates = creates;
        this.managing = managing;
    }

    CompletableFuture<ApiResponse> handle(Call call, Scope scope) {
        String type = MediaType.parse(call.request().header("content-type")).type();
        if (!ACCEPTED.contains(type)) {
            throw StatusTable.unsupportedMediaType(ACCEPTED);
        }
        boolean apply = type.equals(APPLY);
        WriteOptions options = WriteOptions.of(call.request(), "PatchOptions", apply);
        return apply ? apply(call, options, scope) : patch(call, options, scope, type);
    }

    private CompletableFuture<ApiResponse> patch(Call call, WriteOptions options, Scope scope,
            String type) {
        JsonNode patch = Bodies.json(call.request().body(), "Patch");
        Bodies.checkDepth(patch, 0);
        return pipeline.update(new Request(call, options, scope, current -> {
            ObjectNode patched = patched(type, current.tree(), patch,
                    call.resource().schema().get());
            return FieldChecks.patched(call, options, patched);
        }, ManagedBy.UPDATE));
    }

    /** The tree after a patch that is no apply; {@code current} is not changed. */
    static ObjectNode patched(String type, ObjectNode current, JsonNode patch, Schema schema) {
        try {
            return switch (type) {
                case "application/json-patch+json" -> JsonPatch.apply(current, patch);
                case "application/merge-patch+json" -> MergePatch.apply(current, patch);
                case "application/strategic-merge-patch+json" -> StrategicMergePatch
                        .apply(current, patch, schema);
                default -> throw StatusTable.unsupportedMediaType(ACCEPTED.subList(0, 3));
            };
        } catch (PatchException e) {
            throw status(e);
        }
    }

    private CompletableFuture<ApiResponse> apply(Call call, WriteOptions options, Scope scope) {
        JsonNode body = Yaml.parse(call.request().body());
        Bodies.checkDepth(body, 0);
        if (body.path("apiVersion").asText("").isEmpty()
                || body.path("kind").asText("").isEmpty()) {
            throw StatusTable.badRequest(
                    "error decoding YAML: apiVersion and kind must be set in an apply patch");
        }
        ApiObject config = FieldChecks.applied(call, Bodies.typed(body,
                call.resource().apiVersion(), call.resource().kind()));
        if (!config.tree().path("metadata").path("managedFields").isEmpty()) {
            throw StatusTable.badRequest("metadata.managedFields must be nil");
        }
        if (config.name().isEmpty()) {
            config.metadata().put("name", call.info().name());
        }
        Preparation.requireSameName(config, call.key());
        keepPart(call, config);
        if (call.info().subresource().isEmpty() && seams.registry().get(call.key()).isEmpty()) {
            return createApplied(call, options, config);
        }
        return pipeline.update(new Request(call, options, scope,
                current -> new ApiObject(
                        managing.applied(call, options, current.tree(), config.tree())),
                ManagedBy.APPLY));
    }

    /** Takes away what this part of the resource cannot set, so that nobody comes to own it. */
    private static void keepPart(Call call, ApiObject config) {
        boolean hasStatus = call.resource().subresources().stream()
                .anyMatch(s -> s.name().equals("status"));
        if (call.info().subresource().isEmpty() && hasStatus) {
            config.tree().remove("status");
        } else if (call.info().subresource().equals("status")) {
            config.tree().retain("apiVersion", "kind", "metadata", "status");
            config.metadata().retain("name", "namespace", "uid", "resourceVersion");
        }
    }

    private CompletableFuture<ApiResponse> createApplied(Call call, WriteOptions options,
            ApiObject config) {
        if (!config.uid().isEmpty()) {
            throw StatusTable.conflict(call.type(), call.info().name(),
                    "uid mismatch: the provided object specified uid " + config.uid()
                            + ", and no existing object was found");
        }
        ObjectNode applied = managing.applied(call, options, Json.object(), config.tree());
        return creates.createAbsent(call, options, new ApiObject(applied), ManagedBy.APPLY);
    }

    private static StatusException status(PatchException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e.reason()) {
            case MALFORMED -> StatusTable.badRequest(message);
            case TOO_LARGE -> StatusTable.tooLarge(message);
            case UNPROCESSABLE -> StatusTable.unprocessable(message);
        };
    }
}
