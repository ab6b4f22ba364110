package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lays what is applied over what is there, field by field, item by item. */
final class TypedMerge {
    private TypedMerge() {}

    /** The merged value; neither argument is changed. */
    static JsonNode merge(JsonNode live, JsonNode applied, Shape shape) {
        Shape.Kind kind = shape.kind(applied);
        if (kind == Shape.Kind.WHOLE || shape.kind(live) != kind) {
            return applied.deepCopy();
        }
        if (kind == Shape.Kind.FIELDS) {
            ObjectNode merged = ((ObjectNode) live).deepCopy();
            for (Map.Entry<String, JsonNode> field : applied.properties()) {
                JsonNode old = live.get(field.getKey());
                merged.set(field.getKey(), old == null
                        ? field.getValue().deepCopy()
                        : merge(old, field.getValue(), shape.field(field.getKey())));
            }
            return merged;
        }
        return mergeLists(live, applied, shape);
    }

    /** The order is the applied one; what only the live list has keeps its place among its neighbours. */
    private static JsonNode mergeLists(JsonNode live, JsonNode applied, Shape shape) {
        Map<String, List<JsonNode>> old = shape.elements(live);
        Map<String, List<JsonNode>> now = shape.elements(applied);
        List<String> oldOrder = new ArrayList<>(old.keySet());
        List<String> nowOrder = new ArrayList<>(now.keySet());
        Set<String> done = new LinkedHashSet<>();
        ArrayNode merged = JsonNodeFactory.instance.arrayNode();
        int i = 0;
        int j = 0;
        while (i < oldOrder.size() || j < nowOrder.size()) {
            if (i < oldOrder.size()) {
                String element = oldOrder.get(i);
                if (!now.containsKey(element)) {
                    old.getOrDefault(element, List.of()).forEach(n -> merged.add(n.deepCopy()));
                    i++;
                    continue;
                }
                if (done.contains(element)) {
                    i++;
                    continue;
                }
            }
            String element = nowOrder.get(j);
            JsonNode item = now.getOrDefault(element, List.of()).getLast();
            List<JsonNode> before = old.getOrDefault(element, List.of());
            merged.add(before.isEmpty()
                    ? item.deepCopy()
                    : merge(before.getFirst(), item, shape.items()));
            done.add(element);
            j++;
        }
        return merged;
    }
}
