package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Merges two states of an object that were made from one, field by field: what one of them changed is taken;
 * where both changed the same field differently, the preferred one is, and the other is told.
 */
final class FieldMerge {
    /** The fields that tell the elements of a list of objects apart; of a list without, the whole counts. */
    private static final Map<String, List<String>> LIST_KEYS = Map.ofEntries(
            Map.entry("containers", List.of("name")),
            Map.entry("initContainers", List.of("name")),
            Map.entry("ephemeralContainers", List.of("name")),
            Map.entry("env", List.of("name")),
            Map.entry("volumes", List.of("name")),
            Map.entry("volumeMounts", List.of("mountPath")),
            Map.entry("volumeDevices", List.of("devicePath")),
            Map.entry("imagePullSecrets", List.of("name")),
            Map.entry("secrets", List.of("name")),
            Map.entry("hostAliases", List.of("ip")),
            Map.entry("ports", List.of("containerPort", "port", "protocol")),
            Map.entry("taints", List.of("key", "effect")),
            Map.entry("ownerReferences", List.of("uid")),
            Map.entry("conditions", List.of("type")));
    /** Lists of values that are sets. */
    private static final Set<String> SETS = Set.of("finalizers");

    /** A value that is not in the result. */
    record Lost(String path, JsonNode value) {}

    private final boolean oursPreferred;
    private final List<Lost> lost = new ArrayList<>();

    /** @param oursPreferred whether ours is taken where both changed a field */
    FieldMerge(boolean oursPreferred) {
        this.oursPreferred = oursPreferred;
    }

    /** What was changed and is not in the results so far. */
    List<Lost> lost() {
        return List.copyOf(lost);
    }

    /** The merged value; missing if it is to be absent. Absent values are missing nodes. */
    JsonNode merge(String path, String name, JsonNode base, JsonNode ours, JsonNode theirs) {
        if (ours.equals(theirs) || theirs.equals(base)) {
            return ours;
        }
        if (ours.equals(base)) {
            return theirs;
        }
        if (ours.isObject() && theirs.isObject()) {
            return objects(path, base, ours, theirs);
        }
        if (ours.isArray() && theirs.isArray()) {
            if (SETS.contains(name)) {
                return sets(base, ours, theirs);
            }
            Optional<List<String>> keys = Optional.ofNullable(LIST_KEYS.get(name));
            if (keys.isPresent() && areKeyed(keys.get(), base) && areKeyed(keys.get(), ours)
                    && areKeyed(keys.get(), theirs)) {
                return lists(path, keys.get(), base, ours, theirs);
            }
        }
        lost.add(new Lost(path, oursPreferred ? theirs : ours));
        return oursPreferred ? ours : theirs;
    }

    /** What is in a state and was not in an earlier one. */
    static List<Lost> changed(String path, JsonNode before, JsonNode after) {
        List<Lost> changed = new ArrayList<>();
        if (!after.isObject()) {
            return after.equals(before) ? changed : List.of(new Lost(path, after));
        }
        for (Map.Entry<String, JsonNode> field : after.properties()) {
            changed.addAll(changed(path.isEmpty() ? field.getKey() : path + "." + field.getKey(),
                    before.path(field.getKey()), field.getValue()));
        }
        return changed;
    }

    private ObjectNode objects(String path, JsonNode base, JsonNode ours, JsonNode theirs) {
        ObjectNode merged = Json.object();
        Set<String> names = new LinkedHashSet<>();
        (oursPreferred ? ours : theirs).fieldNames().forEachRemaining(names::add);
        (oursPreferred ? theirs : ours).fieldNames().forEachRemaining(names::add);
        for (String field : names) {
            JsonNode value = merge(path.isEmpty() ? field : path + "." + field, field,
                    base.path(field), ours.path(field), theirs.path(field));
            if (!value.isMissingNode()) {
                merged.set(field, value.deepCopy());
            }
        }
        return merged;
    }

    private static ArrayNode sets(JsonNode base, JsonNode ours, JsonNode theirs) {
        Set<JsonNode> before = elements(base);
        Set<JsonNode> one = elements(ours);
        Set<JsonNode> other = elements(theirs);
        Set<JsonNode> all = new LinkedHashSet<>(one);
        all.addAll(other);
        // What either side took away is away.
        all.removeIf(e -> before.contains(e) && !(one.contains(e) && other.contains(e)));
        return Json.object().arrayNode().addAll(all);
    }

    private static Set<JsonNode> elements(JsonNode array) {
        Set<JsonNode> elements = new LinkedHashSet<>();
        array.forEach(elements::add);
        return elements;
    }

    private ArrayNode lists(String path, List<String> keys, JsonNode base, JsonNode ours,
            JsonNode theirs) {
        Map<String, JsonNode> before = byKey(keys, base);
        Map<String, JsonNode> one = byKey(keys, ours);
        Map<String, JsonNode> other = byKey(keys, theirs);
        Set<String> all = new LinkedHashSet<>((oursPreferred ? one : other).keySet());
        all.addAll((oursPreferred ? other : one).keySet());
        ArrayNode merged = Json.object().arrayNode();
        for (String key : all) {
            JsonNode value = merge(path + "[" + key + "]", "", get(before, key), get(one, key),
                    get(other, key));
            if (!value.isMissingNode()) {
                merged.add(value.deepCopy());
            }
        }
        return merged;
    }

    private static JsonNode get(Map<String, JsonNode> elements, String key) {
        return elements.getOrDefault(key, MissingNode.getInstance());
    }

    private static Map<String, JsonNode> byKey(List<String> keys, JsonNode list) {
        Map<String, JsonNode> elements = new LinkedHashMap<>();
        list.forEach(e -> elements.put(key(keys, e), e));
        return elements;
    }

    private static String key(List<String> keys, JsonNode element) {
        StringBuilder key = new StringBuilder();
        for (String field : keys) {
            if (element.path(field).isValueNode()) {
                key.append(key.isEmpty() ? "" : "/").append(element.path(field).asText());
            }
        }
        return key.toString();
    }

    /** Whether each element is an object that the keys tell from the others. */
    private static boolean areKeyed(List<String> keys, JsonNode list) {
        Set<String> seen = new LinkedHashSet<>();
        for (JsonNode element : list) {
            String key = key(keys, element);
            if (!element.isObject() || key.isEmpty() || !seen.add(key)) {
                return false;
            }
        }
        return true;
    }
}
