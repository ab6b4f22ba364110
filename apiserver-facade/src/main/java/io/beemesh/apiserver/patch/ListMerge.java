package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.patch.PatchException.Reason;
import io.beemesh.apiserver.schema.Schema;
import io.beemesh.machine.object.Json;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** One list under a strategic merge patch. */
final class ListMerge {
    /** Items are looked for one by one. */
    private static final int ITEMS_MAX = 10_000;

    private final Shape shape;
    private final String mergeKey;
    private final List<JsonNode> before;
    private final List<JsonNode> items;

    ListMerge(Shape shape, ArrayNode before) {
        this.shape = shape;
        Schema schema = shape.schema();
        this.mergeKey = schema == null ? "" : schema.patchMergeKey();
        this.before = list(before);
        this.items = list(before);
    }

    void removePrimitive(JsonNode value) {
        items.removeIf(i -> JsonValues.equal(i, value));
    }

    /** Merges the items of the patch by their keys, and puts them into the order they have there. */
    void merge(ArrayNode patch) throws PatchException {
        if (patch.size() + before.size() > ITEMS_MAX) {
            throw new PatchException(Reason.TOO_LARGE, "Request entity too large: a merged list "
                    + "may have at most " + ITEMS_MAX + " items");
        }
        boolean replace = false;
        List<JsonNode> wanted = new ArrayList<>();
        for (JsonNode item : patch) {
            String directive = item.path(StrategicMergePatch.DIRECTIVE).asText("");
            switch (directive) {
                case "" -> wanted.add(item);
                case "merge" -> wanted.add(item);
                case "delete" -> {
                    JsonNode key = requireKey(item);
                    items.removeIf(i -> JsonValues.equal(i.path(mergeKey), key));
                }
                case "replace" -> {
                    replace = true;
                    if (item.size() > 1) {
                        ObjectNode rest = item.deepCopy();
                        rest.remove(StrategicMergePatch.DIRECTIVE);
                        wanted.add(rest);
                    }
                }
                default -> throw new PatchException(Reason.MALFORMED,
                        "Unknown patch type: " + directive + " in list");
            }
        }
        if (replace) {
            items.clear();
            wanted.forEach(i -> items.add(i.deepCopy()));
            return;
        }
        for (JsonNode item : wanted) {
            mergeItem(item);
        }
        arrange(wanted);
    }

    /** Puts the items that {@code order} names into its order. */
    void order(ArrayNode order) throws PatchException {
        if (order.size() > ITEMS_MAX) {
            throw new PatchException(Reason.TOO_LARGE, "Request entity too large: a merged list "
                    + "may have at most " + ITEMS_MAX + " items");
        }
        arrange(list(order));
    }

    ArrayNode result() {
        ArrayNode result = Json.object().arrayNode();
        result.addAll(items);
        return result;
    }

    private void mergeItem(JsonNode item) throws PatchException {
        if (!(item instanceof ObjectNode patch)) {
            if (items.stream().noneMatch(i -> JsonValues.equal(i, item))) {
                items.add(item.deepCopy());
            }
            return;
        }
        JsonNode key = requireKey(item);
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof ObjectNode old
                    && JsonValues.equal(old.path(mergeKey), key)) {
                items.set(i, StrategicMergePatch.merge(old, patch, shape.items()));
                return;
            }
        }
        items.add(StrategicMergePatch.merge(Json.object(), patch, shape.items()));
    }

    private JsonNode requireKey(JsonNode item) throws PatchException {
        if (mergeKey.isEmpty()) {
            throw new PatchException(Reason.UNPROCESSABLE,
                    "cannot merge lists without merge key");
        }
        JsonNode key = item.path(mergeKey);
        if (key.isMissingNode()) {
            throw new PatchException(Reason.UNPROCESSABLE,
                    "map: " + item + " does not contain declared merge key: " + mergeKey);
        }
        return key;
    }

    /**
     * The named items come in their order; the others keep theirs, and stand before the first named item
     * that they stood before.
     */
    private void arrange(List<JsonNode> order) {
        BitSet taken = new BitSet(items.size());
        List<JsonNode> named = new ArrayList<>();
        for (JsonNode wanted : order) {
            for (int k = 0; k < items.size(); k++) {
                if (!taken.get(k) && isSame(items.get(k), wanted)) {
                    taken.set(k);
                    named.add(items.get(k));
                }
            }
        }
        List<JsonNode> others = new ArrayList<>();
        for (int k = 0; k < items.size(); k++) {
            if (!taken.get(k)) {
                others.add(items.get(k));
            }
        }
        items.clear();
        int i = 0;
        int j = 0;
        while (i < others.size() || j < named.size()) {
            boolean other = i < others.size()
                    && (j >= named.size() || stoodBefore(others.get(i), named.get(j)));
            items.add(other ? others.get(i++) : named.get(j++));
        }
    }

    private boolean stoodBefore(JsonNode other, JsonNode named) {
        int left = position(other);
        int right = position(named);
        return left >= 0 && right >= 0 && left < right;
    }

    private int position(JsonNode item) {
        for (int i = 0; i < before.size(); i++) {
            if (isSame(before.get(i), item)) {
                return i;
            }
        }
        return -1;
    }

    private boolean isSame(JsonNode left, JsonNode right) {
        boolean keyed = left.isObject() && right.isObject();
        return keyed
                ? JsonValues.equal(left.path(mergeKey), right.path(mergeKey))
                : JsonValues.equal(left, right);
    }

    private static List<JsonNode> list(ArrayNode array) {
        List<JsonNode> items = new ArrayList<>(array.size());
        array.forEach(items::add);
        return items;
    }
}
