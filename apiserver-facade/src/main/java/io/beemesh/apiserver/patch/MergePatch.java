package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.util.Map;

/** JSON merge patch. @see <a href="https://www.rfc-editor.org/rfc/rfc7396">RFC 7396</a> */
public final class MergePatch {
    private MergePatch() {}

    /** The object after the patch; {@code target} is not changed. */
    public static ObjectNode apply(ObjectNode target, JsonNode patch) throws PatchException {
        if (!patch.isObject()) {
            throw new PatchException(PatchException.Reason.MALFORMED,
                    "error decoding patch: a merge patch must be a JSON object");
        }
        ObjectNode result = target.deepCopy();
        merge(result, patch);
        return result;
    }

    private static void merge(ObjectNode target, JsonNode patch) {
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            String name = field.getKey();
            JsonNode value = field.getValue();
            if (value.isNull()) {
                target.remove(name);
            } else if (value.isObject()) {
                if (target.get(name) instanceof ObjectNode child) {
                    merge(child, value);
                } else {
                    ObjectNode child = Json.object();
                    merge(child, value);
                    target.set(name, child);
                }
            } else {
                target.set(name, value.deepCopy());
            }
        }
    }
}
