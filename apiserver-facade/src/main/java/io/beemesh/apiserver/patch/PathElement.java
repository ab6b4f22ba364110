package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * One step of a field's path, in the text of FieldsV1: {@code f:name}, {@code k:} and the keys of an
 * item, {@code v:} and an item itself.
 */
final class PathElement {
    static final String FIELD = "f:";
    static final String KEY = "k:";
    static final String VALUE = "v:";
    static final String INDEX = "i:";

    private PathElement() {}

    static String field(String name) {
        return FIELD + name;
    }

    static String key(Map<String, JsonNode> keys) {
        ObjectNode sorted = Json.object();
        new TreeMap<>(keys).forEach(sorted::set);
        return KEY + text(sorted);
    }

    static String value(JsonNode item) {
        return VALUE + text(item);
    }

    /** The same step in the one form that this program compares. */
    static String canonical(String element) throws JsonProcessingException {
        if (element.startsWith(KEY)) {
            JsonNode keys = parse(element);
            Map<String, JsonNode> sorted = new TreeMap<>();
            keys.properties().forEach(e -> sorted.put(e.getKey(), e.getValue()));
            return key(sorted);
        }
        return element.startsWith(VALUE) ? value(parse(element)) : element;
    }

    /** The step as people read it: {@code .name}, {@code [name="web"]}, {@code [="x"]}. */
    static String display(String element) {
        String rest = element.substring(FIELD.length());
        try {
            if (element.startsWith(KEY)) {
                StringBuilder text = new StringBuilder("[");
                for (Map.Entry<String, JsonNode> key : parse(element).properties()) {
                    text.append(text.length() > 1 ? "," : "").append(key.getKey()).append('=')
                            .append(text(key.getValue()));
                }
                return text.append(']').toString();
            }
        } catch (JsonProcessingException e) {
            return "[" + rest + "]";
        }
        if (element.startsWith(VALUE)) {
            return "[=" + rest + "]";
        }
        return element.startsWith(INDEX) ? "[" + rest + "]" : "." + rest;
    }

    private static JsonNode parse(String element) throws JsonProcessingException {
        return Json.parse(element.substring(KEY.length()).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(JsonNode node) {
        return new String(Json.write(node), StandardCharsets.UTF_8);
    }
}
