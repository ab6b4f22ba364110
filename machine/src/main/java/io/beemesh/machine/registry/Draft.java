package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An object about to be written: encoded by the caller, so that the loop only fills in the version.
 *
 * @param head canonical JSON up to the digits of {@code metadata.resourceVersion}
 * @param tail the rest, from the closing quote on
 */
public record Draft(ObjectKey key, String uid, byte[] head, byte[] tail,
        Map<String, String> labels, String controllerUid, Map<String, String> fields) {
    /** Encodes {@code object}; its resourceVersion is ignored, and the tree is not changed. */
    public static Draft of(ObjectKey key, ApiObject object) {
        ObjectNode metadata = Json.object();
        metadata.put("resourceVersion", "");
        for (Map.Entry<String, JsonNode> field : object.tree().path("metadata").properties()) {
            if (!field.getKey().equals("resourceVersion")) {
                metadata.set(field.getKey(), field.getValue());
            }
        }
        // The version comes before anything that a user can name, so its place is always found.
        ObjectNode canonical = Json.object();
        canonical.put("kind", object.kind());
        canonical.put("apiVersion", object.apiVersion());
        canonical.set("metadata", metadata);
        for (Map.Entry<String, JsonNode> field : object.tree().properties()) {
            if (!canonical.has(field.getKey())) {
                canonical.set(field.getKey(), field.getValue());
            }
        }
        String prefix = "{\"kind\":" + quote(object.kind()) + ",\"apiVersion\":"
                + quote(object.apiVersion()) + ",\"metadata\":{\"resourceVersion\":\"";
        byte[] json = Json.write(canonical);
        int hole = prefix.getBytes(StandardCharsets.UTF_8).length;
        byte[] head = new byte[hole];
        byte[] tail = new byte[json.length - hole];
        System.arraycopy(json, 0, head, 0, hole);
        System.arraycopy(json, hole, tail, 0, tail.length);
        return new Draft(key, object.uid(), head, tail, Map.copyOf(object.labels()),
                object.controller().map(o -> o.path("uid").asText("")).orElse(""),
                fields(key, object.tree()));
    }

    /** The canonical bytes with their version. */
    StoredObject at(long version) {
        byte[] digits = Long.toString(version).getBytes(StandardCharsets.US_ASCII);
        byte[] json = new byte[head.length + digits.length + tail.length];
        System.arraycopy(head, 0, json, 0, head.length);
        System.arraycopy(digits, 0, json, head.length, digits.length);
        System.arraycopy(tail, 0, json, head.length + digits.length, tail.length);
        return new StoredObject(key, uid, version, json, labels, controllerUid, fields);
    }

    private static Map<String, String> fields(ObjectKey key, JsonNode tree) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String path : IndexedFields.of(key.type())) {
            JsonNode node = tree;
            for (String name : path.split("\\.", -1)) {
                node = node.path(name);
            }
            fields.put(path, node.isContainerNode()
                    ? node.path("component").asText("")
                    : node.asText(""));
        }
        return Map.copyOf(fields);
    }

    private static String quote(String text) {
        return new String(Json.write(Json.object().textNode(text)), StandardCharsets.UTF_8);
    }
}
