package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Where a path of a rule led in one object.
 *
 * @param path as in messages, such as {@code spec.containers[0].name}
 * @param parent the object that has the field
 * @param value the field's value, or an element of it; missing if absent
 */
record Location(String path, ObjectNode parent, String field, JsonNode value) {
    boolean isAbsent() {
        return value.isMissingNode() || value.isNull();
    }

    /** Absent, or empty as text, list or object: what Go calls a zero value. */
    boolean isEmpty() {
        return isAbsent() || (value.isTextual() && value.asText().isEmpty())
                || (value.isContainerNode() && value.isEmpty());
    }

    /** The path of a field below. */
    String child(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
