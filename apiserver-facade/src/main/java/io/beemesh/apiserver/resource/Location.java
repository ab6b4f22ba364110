package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Where a path of a rule led in one object. */
final class Location {
    private final @Nullable Location above;
    private final String element;
    private final ObjectNode parent;
    private final String field;
    private final JsonNode value;

    /**
     * @param above where the parent is; null for the object itself
     * @param element what follows the field in messages: nothing, or the place of an element of it
     */
    Location(@Nullable Location above, ObjectNode parent, String field, String element,
            JsonNode value) {
        this.above = above;
        this.parent = parent;
        this.field = field;
        this.element = element;
        this.value = value;
    }

    /** As in messages, such as {@code spec.containers[0].name}; made only when a rule is broken. */
    String path() {
        return above == null ? field + element : above.path() + "." + field + element;
    }

    /** The object that has the field. */
    ObjectNode parent() {
        return parent;
    }

    /** The whole object. */
    ObjectNode root() {
        return above == null ? parent : above.root();
    }

    String field() {
        return field;
    }

    /** The field's value, or an element of it; missing if absent. */
    JsonNode value() {
        return value;
    }

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
        return path() + "." + name;
    }
}
