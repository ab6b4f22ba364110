package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.engine.UpdatePipeline.ManagedBy;
import io.beemesh.apiserver.engine.UpdatePipeline.Request;
import io.beemesh.apiserver.engine.UpdatePipeline.Scope;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.MediaType;
import io.beemesh.apiserver.request.OutputFormat;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.TableColumns;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.SyntaxException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The scale subresource: how many replicas, whatever the kind. */
final class ScaleVerbs {
    private static final String API_VERSION = "autoscaling/v1";

    private final EngineSeams seams;
    private final UpdatePipeline pipeline;
    private final Managing managing;

    ScaleVerbs(EngineSeams seams, UpdatePipeline pipeline, Managing managing) {
        this.seams = seams;
        this.pipeline = pipeline;
        this.managing = managing;
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        return switch (call.info().verb()) {
            case "get" -> CompletableFuture.completedFuture(answer(call,
                    seams.registry().get(call.key()).orElseThrow(() -> StatusTable
                            .notFound(call.type(), call.info().name())).object()));
            case "update" -> {
                WriteOptions options = WriteOptions.of(call.request(), "UpdateOptions", false);
                ApiObject body = Bodies.object(call.request(), API_VERSION, "Scale");
                Preparation.requireSameName(body, call.key());
                yield change(call, options, current -> body);
            }
            case "patch" -> {
                String type = MediaType.parse(call.request().header("content-type")).type();
                boolean apply = type.equals("application/apply-patch+yaml");
                WriteOptions options = WriteOptions.of(call.request(), "PatchOptions", apply);
                if (apply) {
                    yield apply(call, options);
                }
                // The fields of a Scale have no merge keys: a strategic merge is a merge.
                String plain = type.equals("application/strategic-merge-patch+json")
                        ? "application/merge-patch+json"
                        : type;
                JsonNode patch = Bodies.json(call.request().body(), "Patch");
                yield change(call, options, current -> new ApiObject(PatchVerb.patched(plain,
                        scale(current), patch, call.resource().schema().get())));
            }
            default -> throw StatusTable.methodNotAllowed();
        };
    }

    private CompletableFuture<ApiResponse> change(Call call, WriteOptions options,
            UpdatePipeline.Transform scales) {
        return pipeline.write(new Request(call, options, Scope.MAIN, current -> {
            ApiObject scale = scales.next(current);
            current.spec().put("replicas", replicas(call, scale));
            for (String field : List.of("resourceVersion", "uid")) {
                JsonNode value = scale.tree().path("metadata").path(field);
                if (value.isTextual() && !value.asText("").isEmpty()) {
                    current.metadata().set(field, value);
                }
            }
            return current;
        }, ManagedBy.UPDATE)).thenApply(
                json -> answer(call, ApiObject.parse(json)));
    }

    /** The applier comes to own the replicas, and nothing else of the object. */
    private CompletableFuture<ApiResponse> apply(Call call, WriteOptions options) {
        JsonNode body = Yaml.parse(call.request().body());
        Bodies.checkDepth(body, 0);
        ApiObject scale = Bodies.typed(body, API_VERSION, "Scale");
        if (!scale.metadata().path("managedFields").isEmpty()) {
            throw StatusTable.badRequest("metadata.managedFields must be nil");
        }
        if (scale.name().isEmpty()) {
            scale.metadata().put("name", call.info().name());
        }
        Preparation.requireSameName(scale, call.key());
        ObjectNode config = Json.object();
        config.put("apiVersion", call.resource().apiVersion());
        config.put("kind", call.resource().kind());
        config.putObject("metadata").put("name", scale.name());
        if (scale.tree().path("spec").has("replicas")) {
            config.putObject("spec").put("replicas", replicas(call, scale));
        }
        return pipeline.write(new Request(call, options, Scope.MAIN,
                current -> new ApiObject(
                        managing.applied(call, options, current.tree(), config)),
                ManagedBy.APPLY)).thenApply(
                        json -> answer(call, ApiObject.parse(json)));
    }

    private ApiResponse answer(Call call, ApiObject object) {
        ObjectNode scale = scale(object);
        return call.output().shape() == OutputFormat.Shape.TABLE
                ? Rendering.table(call, 200, new ApiObject(scale), Tables.of(call.request(),
                        TableColumns.ofScale(), seams.loop().wallTime()))
                : Rendering.tree(call, 200, scale);
    }

    private static int replicas(Call call, ApiObject scale) {
        JsonNode replicas = scale.tree().path("spec").path("replicas");
        int wanted = replicas.asInt(0);
        if (wanted < 0 || (!replicas.isMissingNode() && !replicas.isInt())) {
            throw StatusTable.invalid("autoscaling", "Scale", call.info().name(),
                    List.of(new Cause("FieldValueInvalid", "Invalid value: " + replicas
                            + ": must be greater than or equal to 0", "spec.replicas")));
        }
        return wanted;
    }

    /** The Scale of {@code object}. */
    private static ObjectNode scale(ApiObject object) {
        ObjectNode scale = Json.object();
        scale.put("kind", "Scale");
        scale.put("apiVersion", API_VERSION);
        ObjectNode metadata = scale.putObject("metadata");
        for (String field : List.of("name", "namespace", "uid", "resourceVersion",
                "creationTimestamp")) {
            if (object.metadata().has(field)) {
                metadata.set(field, object.metadata().get(field));
            }
        }
        scale.putObject("spec").put("replicas",
                object.tree().path("spec").path("replicas").asInt(0));
        ObjectNode status = scale.putObject("status");
        status.put("replicas", object.tree().path("status").path("replicas").asInt(0));
        String selector = selector(object.tree().path("spec").path("selector"));
        if (!selector.isEmpty()) {
            status.put("selector", selector);
        }
        return scale;
    }

    private static String selector(JsonNode selector) {
        boolean labels = !selector.has("matchLabels") && !selector.has("matchExpressions");
        try {
            return (labels
                    ? LabelSelector.ofLabels(ApiObject.strings(selector))
                    : LabelSelector.of(selector)).toString();
        } catch (SyntaxException e) {
            return "";
        }
    }
}
