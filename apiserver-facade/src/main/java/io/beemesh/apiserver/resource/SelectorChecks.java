package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Checks of a LabelSelector. */
final class SelectorChecks {
    private SelectorChecks() {}

    static void check(Location at, Errors errors) {
        check(at.path(), at.value(), errors);
    }

    static void check(String path, JsonNode selector, Errors errors) {
        MetadataChecks.labels(path + ".matchLabels", selector.path("matchLabels"), errors);
        JsonNode expressions = selector.path("matchExpressions");
        for (int i = 0; i < expressions.size(); i++) {
            requirement(path + ".matchExpressions[" + i + "]", expressions.get(i), errors);
        }
    }

    private static void requirement(String path, JsonNode requirement, Errors errors) {
        JsonNode operator = requirement.path("operator");
        boolean values = !requirement.path("values").isEmpty();
        switch (operator.asText("")) {
            case "In", "NotIn" -> {
                if (!values) {
                    errors.required(path + ".values",
                            "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (values) {
                    errors.forbidden(path + ".values",
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            default -> errors.invalid(path + ".operator", operator.asText(""),
                    "not a valid selector operator");
        }
        Names.qualified(requirement.path("key").asText(""))
                .forEach(m -> errors.invalid(path + ".key", requirement.path("key").asText(""), m));
    }

    /** True if {@code labels} satisfy {@code selector}; an empty one is satisfied by all. */
    static boolean matches(JsonNode selector, JsonNode labels) {
        for (Map.Entry<String, JsonNode> entry : selector.path("matchLabels").properties()) {
            if (!entry.getValue().equals(labels.path(entry.getKey()))) {
                return false;
            }
        }
        for (JsonNode requirement : selector.path("matchExpressions")) {
            JsonNode value = labels.path(requirement.path("key").asText(""));
            boolean listed = false;
            for (JsonNode one : requirement.path("values")) {
                listed |= one.equals(value);
            }
            boolean holds = switch (requirement.path("operator").asText("")) {
                case "In" -> listed;
                case "NotIn" -> !listed;
                case "Exists" -> !value.isMissingNode();
                default -> value.isMissingNode();
            };
            if (!holds) {
                return false;
            }
        }
        return true;
    }

    /** A workload's selector must not be empty and must match its template's labels. */
    static void workload(Location at, ObjectNode root, Errors errors) {
        JsonNode selector = at.value().path("selector");
        JsonNode labels = at.value().path("template").path("metadata").path("labels");
        boolean empty = selector.path("matchLabels").isEmpty()
                && selector.path("matchExpressions").isEmpty();
        if (selector.isObject() && empty) {
            errors.invalid(at.child("selector"), selector,
                    emptyMessage(root.path("kind").asText("")));
        } else if (!selector.isObject() || !matches(selector, labels)) {
            errors.invalid(at.path() + ".template.metadata.labels", labels,
                    "`selector` does not match template `labels`");
        }
    }

    /** The labels that a ReplicationController selects by must be among its template's. */
    static void controller(Location at, Errors errors) {
        JsonNode labels = at.value().path("template").path("metadata").path("labels");
        for (Map.Entry<String, JsonNode> one : at.value().path("selector").properties()) {
            if (!one.getValue().equals(labels.path(one.getKey()))) {
                errors.invalid(at.path() + ".template.metadata.labels", labels,
                        "`selector` does not match template `labels`");
                return;
            }
        }
    }

    private static String emptyMessage(String kind) {
        return switch (kind) {
            case "StatefulSet" -> "empty selector is invalid for statefulset";
            case "DaemonSet" -> "empty selector is invalid for daemonset";
            default -> "empty selector is invalid for deployment";
        };
    }
}
