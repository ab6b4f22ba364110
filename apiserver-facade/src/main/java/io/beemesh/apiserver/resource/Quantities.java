package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Quantity;
import io.beemesh.machine.object.SyntaxException;

/** Checks of amounts. */
final class Quantities {
    private Quantities() {}

    static void check(String path, JsonNode value, Errors errors) {
        try {
            if (Quantity.parse(value.asText("")).signum() < 0) {
                errors.invalid(path, value.asText(""), "must be greater than or equal to 0");
            }
        } catch (SyntaxException e) {
            errors.invalid(path, value.asText(""), String.valueOf(e.getMessage()));
        }
    }

    /** The amount, or nothing if there is none or it is malformed. */
    static Quantity of(JsonNode node) {
        try {
            return node.isMissingNode() ? Quantity.ZERO : Quantity.parse(node.asText(""));
        } catch (SyntaxException _) {
            return Quantity.ZERO;
        }
    }
}
