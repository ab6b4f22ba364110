package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** ConfigMaps and Secrets that are marked {@code immutable}. */
final class ImmutableData {
    private ImmutableData() {}

    static void check(ObjectNode next, ObjectNode current, Errors errors) {
        if (!current.path("immutable").asBoolean(false)) {
            return;
        }
        for (String field : new String[]{"immutable", "data", "binaryData"}) {
            boolean same = next.path(field).equals(current.path(field))
                    || (next.path(field).isEmpty() && current.path(field).isEmpty()
                            && !field.equals("immutable"));
            if (!same) {
                errors.forbidden(field, "field is immutable when `immutable` is set");
            }
        }
    }
}
