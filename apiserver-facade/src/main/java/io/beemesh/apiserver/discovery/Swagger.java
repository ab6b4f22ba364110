package io.beemesh.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.Json;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the OpenAPI v3 documents say, as one document of version 2, which clients of before kubectl 1.29
 * ask for.
 *
 * @see <a href="https://spec.openapis.org/oas/v2.0">OpenAPI 2.0</a>
 */
final class Swagger {
    private static final String REFERENCE = "#/components/schemas/";

    private Swagger() {}

    /** Everything but the definitions, which come one by one. */
    static ObjectNode head(Collection<ResourceDescriptor> kinds, String version) {
        ObjectNode paths = Json.object();
        for (ResourceDescriptor kind : kinds) {
            ObjectNode own = Json.object();
            new OpenApiPaths(kind).addTo(own);
            own.properties().forEach(path -> paths.set(path.getKey(), path(path.getValue())));
        }
        ObjectNode document = Json.object().put("swagger", "2.0");
        document.putObject("info").put("title", "Kubernetes").put("version", version);
        document.set("paths", paths);
        return document;
    }

    /** A schema as version 2 has it: a reference stands alone, and there are no alternatives. */
    static JsonNode schema(JsonNode schema) {
        if (schema instanceof ArrayNode list) {
            ArrayNode items = list.arrayNode();
            list.forEach(item -> items.add(schema(item)));
            return items;
        }
        if (!(schema instanceof ObjectNode object)) {
            return schema;
        }
        ObjectNode made = Json.object();
        JsonNode only = object.path("allOf").path(0);
        if (only.has("$ref")) {
            if (object.has("description")) {
                made.set("description", object.path("description"));
            }
            return made.put("$ref", reference(only));
        }
        if (object.has("oneOf")) {
            made.put("type", "string");
        }
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            switch (field.getKey()) {
                case "$ref" -> made.put("$ref", reference(object));
                case "oneOf", "default" -> {
                }
                default -> made.set(field.getKey(), schema(field.getValue()));
            }
        }
        return made;
    }

    private static String reference(JsonNode schema) {
        return "#/definitions/" + schema.path("$ref").asText().substring(REFERENCE.length());
    }

    private static ObjectNode path(JsonNode path) {
        ObjectNode made = Json.object();
        for (Map.Entry<String, JsonNode> field : path.properties()) {
            made.set(field.getKey(), field.getKey().equals("parameters")
                    ? parameters(field.getValue(), Json.object().arrayNode())
                    : operation(field.getValue()));
        }
        return made;
    }

    private static ObjectNode operation(JsonNode operation) {
        ObjectNode made = Json.object();
        for (Map.Entry<String, JsonNode> field : operation.properties()) {
            switch (field.getKey()) {
                case "parameters", "requestBody" -> {
                }
                case "responses" -> responses(field.getValue(), made);
                default -> made.set(field.getKey(), field.getValue());
            }
        }
        ArrayNode parameters = Json.object().arrayNode();
        JsonNode content = operation.path("requestBody").path("content");
        if (!content.isEmpty()) {
            ArrayNode consumes = made.putArray("consumes");
            content.propertyStream().forEach(type -> consumes.add(type.getKey()));
            ObjectNode body = parameters.addObject().put("name", "body").put("in", "body")
                    .put("required", true);
            body.set("schema", schema(content.elements().next().path("schema")));
        }
        parameters(operation.path("parameters"), parameters);
        if (!parameters.isEmpty()) {
            made.set("parameters", parameters);
        }
        return made;
    }

    private static ArrayNode parameters(JsonNode parameters, ArrayNode made) {
        for (JsonNode parameter : parameters) {
            ObjectNode one = parameter.deepCopy();
            one.put("type", parameter.path("schema").path("type").asText("string"));
            one.put("uniqueItems", true);
            one.remove("schema");
            made.add(one);
        }
        return made;
    }

    private static void responses(JsonNode responses, ObjectNode operation) {
        Set<String> produces = new LinkedHashSet<>();
        ObjectNode made = Json.object();
        for (Map.Entry<String, JsonNode> response : responses.properties()) {
            ObjectNode one = made.putObject(response.getKey()).put("description",
                    response.getValue().path("description").asText(""));
            JsonNode content = response.getValue().path("content");
            content.propertyStream().forEach(type -> produces.add(type.getKey()));
            if (!content.isEmpty()) {
                one.set("schema", schema(content.elements().next().path("schema")));
            }
        }
        ArrayNode types = operation.putArray("produces");
        produces.forEach(types::add);
        operation.set("responses", made);
    }
}
