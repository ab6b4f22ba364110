package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A Kubernetes object: its JSON tree, with the fields that every kind has by name.
 *
 * <p>The tree may be changed by its owner; whoever shares one hands out {@link #copy()}.
 */
public record ApiObject(ObjectNode tree) {
    /** The object in {@code json}, which this node wrote itself. */
    public static ApiObject parse(byte[] json) {
        return new ApiObject(Json.parseOwn(json));
    }

    public ApiObject copy() {
        return new ApiObject(tree.deepCopy());
    }

    public String apiVersion() {
        return tree.path("apiVersion").asText("");
    }

    public String kind() {
        return tree.path("kind").asText("");
    }

    /** {@code metadata}, made if absent. */
    public ObjectNode metadata() {
        return tree.withObjectProperty("metadata");
    }

    /** {@code spec}, made if absent. */
    public ObjectNode spec() {
        return tree.withObjectProperty("spec");
    }

    /** {@code status}, made if absent. */
    public ObjectNode status() {
        return tree.withObjectProperty("status");
    }

    public String name() {
        return text("name");
    }

    public String namespace() {
        return text("namespace");
    }

    public String uid() {
        return text("uid");
    }

    /** Zero if absent. */
    public long resourceVersion() {
        String version = text("resourceVersion");
        return version.isEmpty() ? 0 : Long.parseLong(version);
    }

    public long generation() {
        return tree.path("metadata").path("generation").asLong(0);
    }

    public boolean isDeleting() {
        return !text("deletionTimestamp").isEmpty();
    }

    public Optional<Instant> deletionTimestamp() {
        return time("deletionTimestamp");
    }

    public Optional<Instant> creationTimestamp() {
        return time("creationTimestamp");
    }

    /** A copy of the labels, in their order. */
    public Map<String, String> labels() {
        return strings(tree.path("metadata").path("labels"));
    }

    /** A copy of the annotations, in their order. */
    public Map<String, String> annotations() {
        return strings(tree.path("metadata").path("annotations"));
    }

    /** The owner reference with {@code controller: true}. */
    public Optional<JsonNode> controller() {
        for (JsonNode owner : tree.path("metadata").path("ownerReferences")) {
            if (owner.path("controller").asBoolean(false)) {
                return Optional.of(owner);
            }
        }
        return Optional.empty();
    }

    /** The string fields of a JSON object, in their order. */
    public static Map<String, String> strings(JsonNode object) {
        Map<String, String> strings = new LinkedHashMap<>();
        object.properties().forEach(e -> strings.put(e.getKey(), e.getValue().asText("")));
        return strings;
    }

    private String text(String field) {
        return tree.path("metadata").path(field).asText("");
    }

    private Optional<Instant> time(String field) {
        String text = text(field);
        return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
    }
}
