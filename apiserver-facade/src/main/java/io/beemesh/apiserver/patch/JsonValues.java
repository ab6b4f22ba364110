package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** Compares JSON by what it means. */
public final class JsonValues {
    private JsonValues() {}

    /** True if both are the same value: 1, 1.0 and a long 1 are; the order of fields is nothing. */
    public static boolean equal(JsonNode left, JsonNode right) {
        if (left.isNumber() && right.isNumber()) {
            if (left.isIntegralNumber() && right.isIntegralNumber() && left.canConvertToLong()
                    && right.canConvertToLong()) {
                return left.longValue() == right.longValue();
            }
            return left.decimalValue().compareTo(right.decimalValue()) == 0;
        }
        if (left.isObject() && right.isObject()) {
            return objectsEqual(left, right);
        }
        if (left.isArray() && right.isArray()) {
            if (left.size() != right.size()) {
                return false;
            }
            for (int i = 0; i < left.size(); i++) {
                if (!equal(left.get(i), right.get(i))) {
                    return false;
                }
            }
            return true;
        }
        return left.equals(right);
    }

    private static boolean objectsEqual(JsonNode left, JsonNode right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Map.Entry<String, JsonNode> field : left.properties()) {
            JsonNode other = right.get(field.getKey());
            if (other == null || !equal(field.getValue(), other)) {
                return false;
            }
        }
        return true;
    }
}
