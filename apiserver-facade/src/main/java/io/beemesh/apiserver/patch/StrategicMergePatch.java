package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.patch.PatchException.Reason;
import io.beemesh.apiserver.schema.Schema;
import io.beemesh.machine.object.Json;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Strategic merge patch: a merge patch that knows lists by their keys, with directives.
 *
 * @see <a href="https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md">strategic
 *     merge patch</a>
 */
public final class StrategicMergePatch {
    static final String DIRECTIVE = "$patch";
    private static final String RETAIN_KEYS = "$retainKeys";
    private static final String DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";
    private static final String ORDER = "$setElementOrder/";

    private StrategicMergePatch() {}

    /** The object after the patch; {@code target} is not changed. */
    public static ObjectNode apply(ObjectNode target, JsonNode patch, Schema schema)
            throws PatchException {
        if (!(patch instanceof ObjectNode object)) {
            throw new PatchException(Reason.MALFORMED,
                    "error decoding patch: a strategic merge patch must be a JSON object");
        }
        return merge(target.deepCopy(), object, new Shape(schema));
    }

    /** Changes and returns {@code target}, or another object in its place. */
    static ObjectNode merge(ObjectNode target, ObjectNode patch, Shape shape)
            throws PatchException {
        if (patch.has(DIRECTIVE)) {
            String directive = patch.path(DIRECTIVE).asText("");
            switch (directive) {
                case "replace" -> {
                    ObjectNode replacement = patch.deepCopy();
                    replacement.remove(DIRECTIVE);
                    return replacement;
                }
                case "delete" -> {
                    return Json.object();
                }
                case "merge" -> {
                }
                default -> throw new PatchException(Reason.MALFORMED,
                        "Unknown patch type: " + directive + " in map");
            }
        }
        retainKeys(target, patch);
        for (String name : listNames(patch)) {
            mergeList(name, target, patch, shape.field(name));
        }
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            String name = field.getKey();
            if (!name.startsWith("$") && !isMergedList(patch, name, shape.field(name))) {
                mergeField(name, field.getValue(), target, shape.field(name));
            }
        }
        return target;
    }

    private static void mergeField(String name, JsonNode value, ObjectNode target, Shape shape)
            throws PatchException {
        if (value.isNull()) {
            target.remove(name);
        } else if (value instanceof ObjectNode patch) {
            boolean replace = strategies(shape).contains("replace");
            ObjectNode base = !replace && target.get(name) instanceof ObjectNode old
                    ? old
                    : Json.object();
            target.set(name, merge(base, patch, shape));
        } else {
            target.set(name, value.deepCopy());
        }
    }

    private static void retainKeys(ObjectNode target, ObjectNode patch) throws PatchException {
        JsonNode retain = patch.path(RETAIN_KEYS);
        if (retain.isMissingNode()) {
            return;
        }
        if (!retain.isArray()) {
            throw new PatchException(Reason.MALFORMED, "invalid patch format of retainKeys");
        }
        Set<String> keys = new LinkedHashSet<>();
        retain.forEach(k -> keys.add(k.asText("")));
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            String name = field.getKey();
            if (!name.startsWith("$") && !field.getValue().isNull() && !keys.contains(name)) {
                throw new PatchException(Reason.MALFORMED,
                        "invalid patch format of retainKeys: \"" + name + "\" is not in the list");
            }
        }
        target.retain(keys);
    }

    /** The lists that a patch merges, by itself or by a directive beside it. */
    private static Set<String> listNames(ObjectNode patch) {
        Set<String> names = new LinkedHashSet<>();
        patch.fieldNames().forEachRemaining(name -> {
            if (name.startsWith(DELETE_PRIMITIVES)) {
                names.add(name.substring(DELETE_PRIMITIVES.length()));
            } else if (name.startsWith(ORDER)) {
                names.add(name.substring(ORDER.length()));
            } else if (patch.get(name).isArray()) {
                names.add(name);
            }
        });
        return names;
    }

    private static boolean isMergedList(ObjectNode patch, String name, Shape shape) {
        return patch.get(name).isArray() && strategies(shape).contains("merge");
    }

    private static void mergeList(String name, ObjectNode target, ObjectNode patch, Shape shape)
            throws PatchException {
        JsonNode delete = patch.path(DELETE_PRIMITIVES + name);
        JsonNode order = patch.path(ORDER + name);
        JsonNode items = patch.path(name);
        boolean merged = strategies(shape).contains("merge");
        boolean listed = items.isArray() && merged;
        if (!listed && delete.isMissingNode() && order.isMissingNode()) {
            return;
        }
        requireArray(delete, "deleteFromPrimitiveList");
        requireArray(order, "setElementOrder");
        if (items.isNull()) {
            return;
        }
        ListMerge merge = new ListMerge(shape, target.get(name) instanceof ArrayNode old
                ? old
                : target.arrayNode());
        delete.forEach(merge::removePrimitive);
        if (listed) {
            merge.merge((ArrayNode) items);
        }
        if (merged && !order.isMissingNode()) {
            merge.order((ArrayNode) order);
        }
        if (target.has(name) || !merge.result().isEmpty() || listed) {
            target.set(name, merge.result());
        }
    }

    private static void requireArray(JsonNode directive, String name) throws PatchException {
        if (!directive.isMissingNode() && !directive.isArray()) {
            throw new PatchException(Reason.MALFORMED, "invalid patch format of " + name
                    + " list: it is no list");
        }
    }

    private static List<String> strategies(Shape shape) {
        Schema schema = shape.schema();
        return schema == null ? List.of() : schema.patchStrategy();
    }
}
