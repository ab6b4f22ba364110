package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What may change in a pod's spec once it exists. */
final class PodUpdate {
    private static final String MUTABLE = "pod updates may not change fields other than "
            + "`spec.containers[*].image`,`spec.initContainers[*].image`,"
            + "`spec.activeDeadlineSeconds`,"
            + "`spec.tolerations` (only additions to existing tolerations),"
            + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    private PodUpdate() {}

    static void check(ObjectNode next, ObjectNode current, Errors errors) {
        JsonNode spec = next.path("spec");
        JsonNode old = current.path("spec");
        for (String list : List.of("containers", "initContainers")) {
            if (spec.path(list).size() != old.path(list).size()) {
                errors.forbidden("spec." + list,
                        "pod updates may not add or remove containers");
                return;
            }
        }
        if (!deadlineIsValid(spec.path("activeDeadlineSeconds"), old.path("activeDeadlineSeconds"),
                errors)) {
            return;
        }
        tolerations(spec.path("tolerations"), old.path("tolerations"), errors);
        gates(spec.path("schedulingGates"), old.path("schedulingGates"), errors);
        if (!(spec instanceof ObjectNode fields) || spec.equals(old)) {
            return;
        }
        ObjectNode munged = munged(fields, old, errors);
        if (!munged.equals(old)) {
            errors.forbidden("spec", MUTABLE + "\n" + differences(old, munged));
        }
    }

    private static boolean deadlineIsValid(JsonNode next, JsonNode old, Errors errors) {
        String path = "spec.activeDeadlineSeconds";
        if (next.isMissingNode()) {
            if (!old.isMissingNode()) {
                errors.invalid(path, next, "must not update from a positive integer to nil value");
            }
            return true;
        }
        if (next.asLong() < 0 || next.asLong() > Integer.MAX_VALUE) {
            errors.invalid(path, next, "must be between 0 and 2147483647, inclusive");
            return false;
        }
        if (!old.isMissingNode() && old.asLong() < next.asLong()) {
            errors.invalid(path, next, "must be less than or equal to previous value");
            return false;
        }
        return true;
    }

    private static void tolerations(JsonNode next, JsonNode old, Errors errors) {
        for (JsonNode before : old) {
            boolean kept = false;
            for (JsonNode after : next) {
                kept |= withoutSeconds(after).equals(withoutSeconds(before));
            }
            if (!kept) {
                errors.forbidden("spec.tolerations",
                        "existing toleration can not be modified except its tolerationSeconds");
                return;
            }
        }
    }

    private static JsonNode withoutSeconds(JsonNode toleration) {
        return toleration instanceof ObjectNode fields
                ? fields.deepCopy().without("tolerationSeconds")
                : toleration;
    }

    private static void gates(JsonNode next, JsonNode old, Errors errors) {
        List<JsonNode> allowed = new ArrayList<>();
        old.forEach(allowed::add);
        for (int i = 0; i < next.size(); i++) {
            if (!allowed.contains(next.get(i))) {
                errors.forbidden("spec.schedulingGates[" + i + "]",
                        "only deletion is allowed, but found new scheduling gate '"
                                + next.get(i).path("name").asText("") + "'");
            }
        }
    }

    /** The new spec with what may change put back to what it was. */
    private static ObjectNode munged(ObjectNode next, JsonNode old, Errors errors) {
        ObjectNode munged = next.deepCopy();
        for (String list : List.of("containers", "initContainers")) {
            for (int i = 0; i < munged.path(list).size(); i++) {
                if (munged.path(list).get(i) instanceof ObjectNode container) {
                    restore(container, old.path(list).get(i), "image");
                }
            }
        }
        List.of("activeDeadlineSeconds", "schedulingGates", "tolerations")
                .forEach(field -> restore(munged, old, field));
        if (old.path("terminationGracePeriodSeconds").asLong(0) < 0
                && munged.path("terminationGracePeriodSeconds").asLong(0) == 1) {
            restore(munged, old, "terminationGracePeriodSeconds");
        }
        if (!old.path("schedulingGates").isEmpty()) {
            gatedSelector(munged, old, errors);
        }
        return munged;
    }

    private static void gatedSelector(ObjectNode munged, JsonNode old, Errors errors) {
        for (Map.Entry<String, JsonNode> entry : old.path("nodeSelector").properties()) {
            if (!entry.getValue().equals(munged.path("nodeSelector").path(entry.getKey()))) {
                errors.invalid("spec.nodeSelector", munged.path("nodeSelector"),
                        "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
            }
        }
        restore(munged, old, "nodeSelector");
    }

    private static void restore(ObjectNode into, JsonNode from, String field) {
        if (from.has(field)) {
            into.set(field, from.path(field).deepCopy());
        } else {
            into.remove(field);
        }
    }

    private static String differences(JsonNode old, JsonNode next) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, JsonNode> entry : next.properties()) {
            if (!entry.getValue().equals(old.path(entry.getKey()))) {
                text.append("- ").append(entry.getKey()).append(": ")
                        .append(old.path(entry.getKey())).append("\n+ ").append(entry.getKey())
                        .append(": ").append(entry.getValue()).append('\n');
            }
        }
        for (Map.Entry<String, JsonNode> entry : old.properties()) {
            if (!next.has(entry.getKey())) {
                text.append("- ").append(entry.getKey()).append(": ").append(entry.getValue())
                        .append('\n');
            }
        }
        return text.toString();
    }
}
