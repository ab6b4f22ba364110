package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks of containers that look at more than one field. */
final class ContainerChecks {
    private ContainerChecks() {}

    static void environment(Location at, Errors errors) {
        JsonNode from = at.value().path("valueFrom");
        if (!from.isObject()) {
            return;
        }
        String path = at.child("valueFrom");
        if (!at.value().path("value").asText("").isEmpty()) {
            errors.invalid(path, "", "may not be specified when `value` is not empty");
        }
        if (from.isEmpty()) {
            errors.invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, "
                    + "`configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        } else if (from.size() > 1) {
            errors.invalid(path, "", "may not have more than one field specified at a time");
        }
        for (String ref : List.of("configMapKeyRef", "secretKeyRef")) {
            for (String field : List.of("name", "key")) {
                boolean missing = from.path(ref).isObject()
                        && from.path(ref).path(field).asText("").isEmpty();
                if (missing) {
                    errors.required(path + "." + ref + "." + field, "");
                }
            }
        }
        if (from.path("fieldRef").isObject()
                && from.path("fieldRef").path("fieldPath").asText("").isEmpty()) {
            errors.required(path + ".fieldRef.fieldPath", "");
        }
    }

    static void requestsWithinLimits(Location at, Errors errors) {
        JsonNode limits = at.value().path("limits");
        for (Map.Entry<String, JsonNode> request : at.value().path("requests").properties()) {
            JsonNode limit = limits.path(request.getKey());
            if (!limit.isMissingNode() && Quantities.of(request.getValue())
                    .compareTo(Quantities.of(limit)) > 0) {
                errors.invalid(at.child("requests"), request.getValue(),
                        "must be less than or equal to " + request.getKey() + " limit of "
                                + limit.asText(""));
            }
        }
    }

    static void uniqueMountPaths(Location at, Errors errors) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < at.value().size(); i++) {
            JsonNode path = at.value().get(i).path("mountPath");
            if (!path.asText("").isEmpty() && !seen.add(path.asText())) {
                errors.invalid(at.path() + "[" + i + "].mountPath", path, "must be unique");
            }
            JsonNode sub = at.value().get(i).path("subPath");
            String subPath = sub.asText("");
            String where = at.path() + "[" + i + "].subPath";
            if (subPath.startsWith("/")) {
                errors.invalid(where, sub, "must be a relative path");
            }
            if (List.of(subPath.split("/", -1)).contains("..")) {
                errors.invalid(where, sub, "must not contain '..'");
            }
        }
    }

    static void onlyOneSuccess(Location at, Errors errors) {
        JsonNode threshold = at.value().path("successThreshold");
        if (threshold.isNumber() && threshold.asInt() != 1) {
            errors.invalid(at.child("successThreshold"), threshold, "must be 1");
        }
    }

    static void probeHandlers(Location at, Errors errors) {
        for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (at.value().path(probe).isObject()) {
                handler(at.child(probe), at.value().path(probe), errors);
            }
        }
    }

    private static void handler(String path, JsonNode probe, Errors errors) {
        int handlers = 0;
        for (String handler : List.of("exec", "httpGet", "tcpSocket", "grpc")) {
            if (probe.has(handler) && ++handlers > 1) {
                errors.forbidden(path + "." + handler, "may not specify more than 1 handler type");
            }
        }
        if (handlers == 0) {
            errors.required(path, "must specify a handler type");
        }
    }

    /** Every mount names a volume; those of StatefulSets may be made from claim templates. */
    static void mounts(Location at, ObjectNode root, Errors errors) {
        if (root.path("kind").asText("").equals("StatefulSet")) {
            return;
        }
        Set<String> volumes = new HashSet<>();
        at.parent().path("volumes").forEach(v -> volumes.add(v.path("name").asText("")));
        for (int i = 0; i < at.value().size(); i++) {
            JsonNode mounts = at.value().get(i).path("volumeMounts");
            for (int j = 0; j < mounts.size(); j++) {
                JsonNode name = mounts.get(j).path("name");
                if (!name.asText("").isEmpty() && !volumes.contains(name.asText())) {
                    errors.notFound(at.path() + "[" + i + "].volumeMounts[" + j + "].name", name);
                }
            }
        }
    }

    static void names(Location at, Errors errors) {
        Set<String> names = new HashSet<>();
        at.parent().path("containers").forEach(c -> names.add(c.path("name").asText("")));
        for (int i = 0; i < at.value().size(); i++) {
            JsonNode name = at.value().get(i).path("name");
            if (names.contains(name.asText("")) && !name.asText("").isEmpty()) {
                errors.duplicate(at.path() + "[" + i + "].name", name);
            }
        }
    }
}
