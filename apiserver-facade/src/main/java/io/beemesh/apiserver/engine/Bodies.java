package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.MediaType;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.schema.DecodingException;
import io.beemesh.apiserver.schema.ProtobufBodies;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.util.List;

/** Decodes the bodies of requests. */
final class Bodies {
    static final String PROTOBUF = "application/vnd.kubernetes.protobuf";
    private static final List<String> ACCEPTED = List.of("application/json", "application/yaml",
            PROTOBUF);
    private static final int DEPTH_MAX = 200;

    private Bodies() {}

    /** The object in the body, which must be of this kind. */
    static ApiObject object(ApiRequest request, String apiVersion, String kind) {
        if (request.body().length == 0) {
            throw StatusTable.badRequest("the object provided is unrecognized (must be of type "
                    + kind + "): the body is empty");
        }
        return typed(decode(request, apiVersion, kind), apiVersion, kind);
    }

    /** Checks that {@code tree} says to be of this kind, or says nothing. */
    static ApiObject typed(JsonNode tree, String apiVersion, String kind) {
        if (!(tree instanceof ObjectNode object)) {
            throw StatusTable.badRequest("the object provided is unrecognized (must be of type "
                    + kind + "): it is no JSON object");
        }
        String actualVersion = object.path("apiVersion").asText("");
        if (!actualVersion.isEmpty() && !actualVersion.equals(apiVersion)) {
            throw StatusTable.badRequest("the API version in the data (" + actualVersion
                    + ") does not match the expected API version (" + apiVersion + ")");
        }
        String actualKind = object.path("kind").asText("");
        if (!actualKind.isEmpty() && !actualKind.equals(kind)) {
            throw StatusTable.badRequest(actualKind + " in version \""
                    + apiVersion.substring(apiVersion.indexOf('/') + 1)
                    + "\" cannot be handled as a " + kind);
        }
        if (object.has("metadata") && !object.path("metadata").isObject()
                && !object.path("metadata").isNull()) {
            throw StatusTable.badRequest(kind + " in version \"" + apiVersion
                    + "\" cannot be handled as a " + kind + ": metadata is no object");
        }
        if (object.path("metadata").isNull()) {
            object.remove("metadata");
        }
        object.put("apiVersion", apiVersion);
        object.put("kind", kind);
        return new ApiObject(object);
    }

    /** The tree in the body; a Protobuf message that names no kind is taken to be of this one. */
    static JsonNode decode(ApiRequest request, String apiVersion, String kind) {
        JsonNode tree = switch (contentType(request)) {
            case "", "application/json" -> json(request.body(), kind);
            case "application/yaml" -> Yaml.parse(request.body());
            case PROTOBUF -> protobuf(request.body(), apiVersion, kind);
            default -> throw StatusTable.unsupportedMediaType(ACCEPTED);
        };
        checkDepth(tree, 0);
        return tree;
    }

    static String contentType(ApiRequest request) {
        return MediaType.parse(request.header("content-type")).type();
    }

    /** Made at first use; never changed. */
    private static final class Holder {
        static final ProtobufBodies PROTOBUF_BODIES = ProtobufBodies.load();
    }

    private static JsonNode protobuf(byte[] body, String apiVersion, String kind) {
        try {
            return Holder.PROTOBUF_BODIES.decode(body, apiVersion, kind);
        } catch (DecodingException e) {
            throw StatusTable.badRequest("the object provided is unrecognized (must be of type "
                    + kind + "): " + e.detail());
        }
    }

    static JsonNode json(byte[] body, String kind) {
        try {
            return Json.parse(body);
        } catch (JsonProcessingException e) {
            throw StatusTable.badRequest("the object provided is unrecognized (must be of type "
                    + kind + "): couldn't get version/kind; json parse error: "
                    + e.getOriginalMessage());
        }
    }

    /** All later work on a tree may recurse: its depth is bounded here. */
    static void checkDepth(JsonNode node, int depth) {
        if (depth > DEPTH_MAX) {
            throw StatusTable.badRequest("the body is nested deeper than " + DEPTH_MAX);
        }
        for (JsonNode child : node) {
            if (child.isContainerNode()) {
                checkDepth(child, depth + 1);
            }
        }
    }
}
