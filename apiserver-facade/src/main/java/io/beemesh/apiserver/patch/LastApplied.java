package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/**
 * The annotation in which {@code kubectl apply} keeps what it applied. An object goes from that to
 * server-side apply and back without conflicts with itself, as long as the field manager is kubectl's.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply">upgrading
 *     from client-side apply</a>
 */
final class LastApplied {
    private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
    private static final String KUBECTL = "kubectl";
    /** Of all annotations of an object, as Kubernetes limits them. */
    private static final int BYTES_MAX = 256 << 10;

    private LastApplied() {}

    private static boolean concerns(Manager manager) {
        return manager.apply() && manager.name().equals(KUBECTL)
                && manager.subresource().isEmpty();
    }

    /** The fields that {@code live} has from kubectl's client-side apply and nobody changed since. */
    static FieldSet unchanged(ObjectNode live, Manager manager, Shape shape) {
        String text = live.path("metadata").path("annotations").path(ANNOTATION).asText("");
        if (!concerns(manager) || text.isEmpty()) {
            return new FieldSet();
        }
        JsonNode applied;
        try {
            applied = Json.parse(text.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            return new FieldSet();
        }
        if (!applied.path("apiVersion").asText("").equals(manager.apiVersion())) {
            return new FieldSet();
        }
        Fields.Comparison since = Fields.compare(applied, live, shape);
        return Fields.of(applied, shape).difference(since.changed())
                .difference(since.removed());
    }

    /** Writes what was applied now into the annotation, if {@code object} has it. */
    static void update(ObjectNode object, ObjectNode config, Manager manager) {
        if (!concerns(manager) || object.path("metadata").path("annotations").path(ANNOTATION)
                .asText("").isEmpty()) {
            return;
        }
        ObjectNode applied = config.deepCopy();
        if (applied.path("metadata").get("annotations") instanceof ObjectNode annotations) {
            annotations.remove(ANNOTATION);
        }
        ObjectNode annotations = object.withObjectProperty("metadata")
                .withObjectProperty("annotations");
        // kubectl ends the text with a line break too.
        annotations.put(ANNOTATION,
                new String(Json.write(sorted(applied)), StandardCharsets.UTF_8) + "\n");
        if (size(annotations) > BYTES_MAX) {
            annotations.remove(ANNOTATION);
        }
    }

    private static int size(ObjectNode annotations) {
        int size = 0;
        for (var annotation : annotations.properties()) {
            size += annotation.getKey().getBytes(StandardCharsets.UTF_8).length
                    + annotation.getValue().asText("").getBytes(StandardCharsets.UTF_8).length;
        }
        return size;
    }

    /** With the names of all fields in order, so that the same configuration is the same text. */
    private static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            TreeMap<String, JsonNode> fields = new TreeMap<>();
            node.properties().forEach(f -> fields.put(f.getKey(), sorted(f.getValue())));
            return Json.object().setAll(fields);
        }
        if (node.isArray()) {
            ArrayNode items = Json.object().arrayNode();
            node.forEach(item -> items.add(sorted(item)));
            return items;
        }
        return node;
    }
}
