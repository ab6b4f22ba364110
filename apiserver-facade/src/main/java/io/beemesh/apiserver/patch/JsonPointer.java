package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.patch.PatchException.Reason;
import java.util.ArrayList;
import java.util.List;

/** A path of a JSON patch. @see <a href="https://www.rfc-editor.org/rfc/rfc6901">RFC 6901</a> */
record JsonPointer(String text, List<String> parts) {
    JsonPointer {
        parts = List.copyOf(parts);
    }

    static JsonPointer parse(String text) throws PatchException {
        if (!text.isEmpty() && !text.startsWith("/")) {
            throw new PatchException(Reason.MALFORMED,
                    "json patch path must start with \"/\": " + text);
        }
        List<String> parts = new ArrayList<>();
        String[] raw = text.split("/", -1);
        for (int i = 1; i < raw.length; i++) {
            parts.add(raw[i].replace("~1", "/").replace("~0", "~"));
        }
        return new JsonPointer(text, parts);
    }

    boolean isRoot() {
        return parts.isEmpty();
    }

    String last() {
        return parts.getLast();
    }

    boolean isWithin(JsonPointer other) {
        return parts.size() > other.parts.size()
                && parts.subList(0, other.parts.size()).equals(other.parts);
    }

    /** What holds the value that this path names. */
    JsonNode parent(JsonNode root, String operation) throws PatchException {
        JsonNode node = root;
        for (String part : parts.subList(0, parts.size() - 1)) {
            node = child(node, part, operation);
        }
        if (!node.isContainerNode()) {
            throw missing(operation);
        }
        return node;
    }

    JsonNode value(JsonNode root, String operation) throws PatchException {
        return isRoot() ? root : child(parent(root, operation), last(), operation);
    }

    private JsonNode child(JsonNode node, String part, String operation) throws PatchException {
        JsonNode child = switch (node) {
            case ObjectNode object -> object.get(part);
            case ArrayNode array -> array.get(index(part, array.size() - 1, operation));
            default -> null;
        };
        if (child == null) {
            throw missing(operation);
        }
        return child;
    }

    /** The index that {@code part} names; negative and greater ones are refused. */
    int index(String part, int max, String operation) throws PatchException {
        try {
            int index = Integer.parseInt(part);
            if (index >= 0 && index <= max && part.equals(Integer.toString(index))) {
                return index;
            }
        } catch (NumberFormatException e) {
            throw missing(operation);
        }
        throw new PatchException(Reason.UNPROCESSABLE, operation + " operation does not apply: "
                + "doc is missing path: " + text + ": invalid index referenced");
    }

    PatchException missing(String operation) {
        return new PatchException(Reason.UNPROCESSABLE, operation
                + " operation does not apply: doc is missing path: " + text + ": missing value");
    }
}
