package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.patch.PatchException.Reason;
import io.beemesh.machine.object.Json;

/** JSON patch. @see <a href="https://www.rfc-editor.org/rfc/rfc6902">RFC 6902</a> */
public final class JsonPatch {
    /** As in Kubernetes. */
    public static final int OPERATIONS_MAX = 10_000;
    /** What all copy operations of a patch may add together. */
    public static final int COPIED_BYTES_MAX = 3 * 1024 * 1024;

    private JsonNode root;
    private long copiedBytes;

    private JsonPatch(JsonNode root) {
        this.root = root;
    }

    /** The object after the patch; {@code target} is not changed. */
    public static ObjectNode apply(ObjectNode target, JsonNode patch) throws PatchException {
        if (!patch.isArray()) {
            throw new PatchException(Reason.MALFORMED,
                    "error decoding patch: a JSON patch must be an array of operations");
        }
        if (patch.size() > OPERATIONS_MAX) {
            throw new PatchException(Reason.TOO_LARGE,
                    "Request entity too large: The allowed maximum operations in a JSON patch is "
                            + OPERATIONS_MAX + ", got " + patch.size());
        }
        JsonPatch run = new JsonPatch(target.deepCopy());
        for (JsonNode operation : patch) {
            run.run(operation);
        }
        if (run.root instanceof ObjectNode object) {
            return object;
        }
        throw new PatchException(Reason.UNPROCESSABLE, "the patched document is no JSON object");
    }

    private void run(JsonNode operation) throws PatchException {
        String name = operation.path("op").asText("");
        if (!operation.path("path").isTextual()) {
            throw new PatchException(Reason.MALFORMED, "json patch operation has no path");
        }
        JsonPointer path = JsonPointer.parse(operation.path("path").asText(""));
        switch (name) {
            case "add" -> add(path, value(operation).deepCopy(), name);
            case "remove" -> remove(path, name);
            case "replace" -> replace(path, value(operation).deepCopy());
            case "test" -> test(path, operation.path("value"));
            case "move" -> {
                JsonPointer from = from(operation);
                if (path.isWithin(from)) {
                    throw new PatchException(Reason.UNPROCESSABLE,
                            "move operation does not apply: \"" + path.text()
                                    + "\" is inside \"" + from.text() + "\"");
                }
                JsonNode value = from.value(root, name);
                remove(from, name);
                add(path, value, name);
            }
            case "copy" -> {
                JsonNode value = from(operation).value(root, name).deepCopy();
                copiedBytes += Json.write(value).length;
                if (copiedBytes > COPIED_BYTES_MAX) {
                    throw new PatchException(Reason.TOO_LARGE,
                            "Unable to complete the copy, the accumulated size increase of copy is "
                                    + copiedBytes + ", exceeding the limit " + COPIED_BYTES_MAX);
                }
                add(path, value, name);
            }
            default -> throw new PatchException(Reason.MALFORMED,
                    "Unexpected kind: " + (name.isEmpty() ? "unknown" : name));
        }
    }

    private void add(JsonPointer path, JsonNode value, String operation) throws PatchException {
        if (path.isRoot()) {
            root = value;
            return;
        }
        switch (path.parent(root, operation)) {
            case ObjectNode object -> object.set(path.last(), value);
            case ArrayNode array -> {
                if (path.last().equals("-")) {
                    array.add(value);
                } else {
                    array.insert(path.index(path.last(), array.size(), operation), value);
                }
            }
            default -> throw path.missing(operation);
        }
    }

    private void remove(JsonPointer path, String operation) throws PatchException {
        if (path.isRoot()) {
            throw new PatchException(Reason.UNPROCESSABLE,
                    operation + " operation does not apply: the whole document cannot go");
        }
        path.value(root, operation);
        switch (path.parent(root, operation)) {
            case ObjectNode object -> object.remove(path.last());
            case ArrayNode array -> array
                    .remove(path.index(path.last(), array.size() - 1, operation));
            default -> throw path.missing(operation);
        }
    }

    private void replace(JsonPointer path, JsonNode value) throws PatchException {
        if (path.isRoot()) {
            root = value;
            return;
        }
        path.value(root, "replace");
        switch (path.parent(root, "replace")) {
            case ObjectNode object -> object.set(path.last(), value);
            case ArrayNode array -> array
                    .set(path.index(path.last(), array.size() - 1, "replace"), value);
            default -> throw path.missing("replace");
        }
    }

    private void test(JsonPointer path, JsonNode expected) throws PatchException {
        // A test for null holds where there is nothing, as clients of Kubernetes expect.
        JsonNode actual;
        try {
            actual = path.value(root, "test");
        } catch (PatchException e) {
            if (expected.isNull() || expected.isMissingNode()) {
                return;
            }
            throw e;
        }
        if (!JsonValues.equal(actual, expected)
                && !(actual.isNull() && expected.isMissingNode())) {
            throw new PatchException(Reason.UNPROCESSABLE,
                    "testing value " + path.text() + " failed: test failed");
        }
    }

    private static JsonNode value(JsonNode operation) throws PatchException {
        JsonNode value = operation.path("value");
        if (value.isMissingNode()) {
            throw new PatchException(Reason.MALFORMED,
                    "json patch operation " + operation.path("op").asText("") + " has no value");
        }
        return value;
    }

    private static JsonPointer from(JsonNode operation) throws PatchException {
        if (!operation.path("from").isTextual()) {
            throw new PatchException(Reason.MALFORMED,
                    "json patch operation " + operation.path("op").asText("") + " has no from");
        }
        return JsonPointer.parse(operation.path("from").asText(""));
    }
}
