package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.beemesh.apiserver.schema.Schema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How ownership and patches see a value: its schema, or where that ends, the value itself. */
record Shape(@Nullable Schema schema) {
    static final Shape UNKNOWN = new Shape(null);

    /** What a value is owned as. */
    enum Kind {
        /** As one: a scalar, or what its schema calls atomic. */
        WHOLE,
        /** Field by field. */
        FIELDS,
        /** A list whose items are their own names. */
        SET,
        /** A list of objects that are named by some of their fields. */
        KEYED
    }

    Kind kind(JsonNode value) {
        Schema known = schema;
        if (value.isObject()) {
            return known != null && known.isAtomic() ? Kind.WHOLE : Kind.FIELDS;
        }
        if (value.isArray() && known != null) {
            return switch (known.listType()) {
                case "set" -> Kind.SET;
                case "map" -> Kind.KEYED;
                default -> Kind.WHOLE;
            };
        }
        return Kind.WHOLE;
    }

    Shape field(String name) {
        Schema known = schema;
        if (known == null) {
            return UNKNOWN;
        }
        if (known.type() == Schema.Type.OBJECT) {
            return new Shape(known.fields().get(name));
        }
        return items();
    }

    /** True if this is an object that has the field by its schema, not a map that may hold any. */
    boolean declares(String name) {
        Schema known = schema;
        return known != null && known.type() == Schema.Type.OBJECT
                && known.fields().containsKey(name);
    }

    boolean isStruct() {
        Schema known = schema;
        return known != null && known.type() == Schema.Type.OBJECT;
    }

    Shape items() {
        Schema known = schema;
        return known == null ? UNKNOWN : new Shape(known.items().orElse(null));
    }

    /** The items of a SET or KEYED list by their path elements; what has the same one stays together. */
    Map<String, List<JsonNode>> elements(JsonNode list) {
        Map<String, List<JsonNode>> elements = new LinkedHashMap<>();
        for (int i = 0; i < list.size(); i++) {
            elements.computeIfAbsent(element(list.get(i), i), e -> new java.util.ArrayList<>(1))
                    .add(list.get(i));
        }
        return elements;
    }

    /** The path element of an item. */
    String element(JsonNode item, int index) {
        Schema known = schema;
        if (known == null || known.listType().equals("set")) {
            return PathElement.value(item);
        }
        Map<String, JsonNode> keys = new LinkedHashMap<>();
        Shape shape = items();
        for (String key : known.listMapKeys()) {
            JsonNode value = item.get(key);
            Schema field = shape.field(key).schema;
            if (value != null && !value.isNull()) {
                keys.put(key, value);
            } else if (field != null && !field.defaultText().isEmpty()) {
                keys.put(key, JsonNodeFactory.instance.textNode(field.defaultText()));
            } else {
                return PathElement.INDEX + index;
            }
        }
        return PathElement.key(keys);
    }
}
