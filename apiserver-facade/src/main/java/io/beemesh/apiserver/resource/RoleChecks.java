package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;

/** Checks of roles and bindings. */
final class RoleChecks {
    private static final String GROUP = "rbac.authorization.k8s.io";

    private RoleChecks() {}

    static void role(ObjectNode role, boolean namespaced, Errors errors) {
        JsonNode rules = role.path("rules");
        for (int i = 0; i < rules.size(); i++) {
            rule("rules[" + i + "]", rules.get(i), namespaced, errors);
        }
        if (!namespaced && role.path("aggregationRule").isObject()
                && role.path("aggregationRule").path("clusterRoleSelectors").isEmpty()) {
            errors.required("aggregationRule.clusterRoleSelectors",
                    "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }
    }

    private static void rule(String path, JsonNode rule, boolean namespaced, Errors errors) {
        if (rule.path("verbs").isEmpty()) {
            errors.required(path + ".verbs", "verbs must contain at least one value");
        }
        JsonNode urls = rule.path("nonResourceURLs");
        if (!urls.isEmpty()) {
            if (namespaced) {
                errors.invalid(path + ".nonResourceURLs", urls,
                        "namespaced rules cannot apply to non-resource URLs");
            }
            if (!rule.path("apiGroups").isEmpty() || !rule.path("resources").isEmpty()
                    || !rule.path("resourceNames").isEmpty()) {
                errors.invalid(path + ".nonResourceURLs", urls,
                        "rules cannot apply to both regular resources and non-resource URLs");
            }
            return;
        }
        if (rule.path("apiGroups").isEmpty()) {
            errors.required(path + ".apiGroups",
                    "resource rules must supply at least one api group");
        }
        if (rule.path("resources").isEmpty()) {
            errors.required(path + ".resources",
                    "resource rules must supply at least one resource");
        }
    }

    static void binding(ObjectNode binding, boolean namespaced, Errors errors) {
        JsonNode reference = binding.path("roleRef");
        String group = reference.path("apiGroup").asText("");
        if (!group.equals(GROUP)) {
            errors.notSupported("roleRef.apiGroup", text(group), List.of(GROUP));
        }
        List<String> kinds = namespaced ? List.of("Role", "ClusterRole") : List.of("ClusterRole");
        String kind = reference.path("kind").asText("");
        if (!kinds.contains(kind)) {
            errors.notSupported("roleRef.kind", text(kind), kinds);
        }
        String name = reference.path("name").asText("");
        if (name.isEmpty()) {
            errors.required("roleRef.name", "");
        } else {
            Names.pathSegment(name).forEach(m -> errors.invalid("roleRef.name", name, m));
        }
        JsonNode subjects = binding.path("subjects");
        for (int i = 0; i < subjects.size(); i++) {
            subject("subjects[" + i + "]", subjects.get(i), namespaced, errors);
        }
    }

    private static void subject(String path, JsonNode subject, boolean namespaced, Errors errors) {
        String name = subject.path("name").asText("");
        if (name.isEmpty()) {
            errors.required(path + ".name", "");
        }
        String group = subject.path("apiGroup").asText("");
        switch (subject.path("kind").asText("")) {
            case "ServiceAccount" -> {
                if (!name.isEmpty()) {
                    Names.dnsSubdomain(name)
                            .forEach(m -> errors.invalid(path + ".name", name, m));
                }
                if (!group.isEmpty()) {
                    errors.notSupported(path + ".apiGroup", text(group), List.of(""));
                }
                if (!namespaced && subject.path("namespace").asText("").isEmpty()) {
                    errors.required(path + ".namespace", "");
                }
            }
            case "User", "Group" -> {
                if (!group.equals(GROUP)) {
                    errors.notSupported(path + ".apiGroup", text(group), List.of(GROUP));
                }
            }
            default -> errors.notSupported(path + ".kind",
                    text(subject.path("kind").asText("")),
                    List.of("ServiceAccount", "User", "Group"));
        }
    }

    /** Fills in the API groups of a binding's role and subjects. */
    static void groups(ObjectNode binding) {
        if (binding.path("roleRef") instanceof ObjectNode reference
                && reference.path("apiGroup").asText("").isEmpty()) {
            reference.put("apiGroup", GROUP);
        }
        for (JsonNode one : binding.path("subjects")) {
            boolean person = List.of("User", "Group").contains(one.path("kind").asText(""));
            if (person && one instanceof ObjectNode subject
                    && subject.path("apiGroup").asText("").isEmpty()) {
                subject.put("apiGroup", GROUP);
            }
        }
    }

    private static JsonNode text(String value) {
        return TextNode.valueOf(value);
    }
}
