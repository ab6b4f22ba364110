package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks of a pod's spec that look at more than one field; those of containers are elsewhere. */
final class PodSpecChecks {
    private static final int NAMESERVERS_MAX = 3;
    private static final int SEARCHES_MAX = 32;
    private static final String NOT_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    private static final String REQUIRED_TERMS = "requiredDuringSchedulingIgnoredDuringExecution";

    private PodSpecChecks() {}

    /** At the list of tolerations. */
    static void tolerations(Location at, Errors errors) {
        for (int i = 0; i < at.value().size(); i++) {
            JsonNode toleration = at.value().get(i);
            String path = at.path() + "[" + i + "]";
            String key = toleration.path("key").asText("");
            JsonNode operator = toleration.path("operator");
            if (!key.isEmpty()) {
                Names.qualified(key).forEach(m -> errors.invalid(path + ".key", key, m));
            } else if (!operator.asText("").equals("Exists")) {
                errors.invalid(path + ".operator", operator.asText(""),
                        "operator must be Exists when `key` is empty, which means \"match all "
                                + "values and all keys\"");
            }
            if (toleration.has("tolerationSeconds")
                    && !toleration.path("effect").asText("").equals("NoExecute")) {
                errors.invalid(path + ".effect", toleration.path("effect").asText(""),
                        "effect must be 'NoExecute' when `tolerationSeconds` is set");
            }
            String value = toleration.path("value").asText("");
            if (operator.asText("").equals("Exists") && !value.isEmpty()) {
                errors.invalid(path + ".operator", value,
                        "value must be empty when `operator` is 'Exists'");
            } else if (operator.asText("Equal").equals("Equal")) {
                Names.labelValue(value)
                        .forEach(m -> errors.invalid(path + ".operator", value, m));
            }
        }
    }

    /** At the spec's dnsPolicy, which is always there. */
    static void dns(Location at, Errors errors) {
        JsonNode config = at.parent().path("dnsConfig");
        String path = at.path().replace("dnsPolicy", "dnsConfig");
        if (at.value().asText("").equals("None")) {
            if (!config.isObject()) {
                errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
                return;
            }
            if (config.path("nameservers").isEmpty()) {
                errors.required(path + ".nameservers",
                        "must provide at least one DNS nameserver when `dnsPolicy` is None");
                return;
            }
        }
        JsonNode servers = config.path("nameservers");
        if (servers.size() > NAMESERVERS_MAX) {
            errors.invalid(path + ".nameservers", servers,
                    "must not have more than " + NAMESERVERS_MAX + " nameservers");
        }
        for (int i = 0; i < servers.size(); i++) {
            address(path + ".nameservers[" + i + "]", servers.get(i), errors);
        }
        if (config.path("searches").size() > SEARCHES_MAX) {
            errors.invalid(path + ".searches", config.path("searches"),
                    "must not have more than " + SEARCHES_MAX + " search paths");
        }
        for (int i = 0; i < config.path("options").size(); i++) {
            if (config.path("options").get(i).path("name").asText("").isEmpty()) {
                errors.required(path + ".options[" + i + "]", "must not be empty");
            }
        }
    }

    /** An address of either family. */
    static void address(String path, JsonNode value, Errors errors) {
        String text = value.asText("");
        boolean v4 = text.matches("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}")
                && List.of(text.split("\\.", -1)).stream().allMatch(p -> Integer.parseInt(p) < 256);
        boolean v6 = text.contains(":") && text.matches("[0-9a-fA-F:.]{2,45}");
        if (!v4 && !v6) {
            errors.invalid(path, value, NOT_IP);
        }
    }

    /** At the list of host aliases. */
    static void hostAliases(Location at, Errors errors) {
        for (int i = 0; i < at.value().size(); i++) {
            String path = at.path() + "[" + i + "]";
            address(path + ".ip", at.value().get(i).path("ip"), errors);
            JsonNode names = at.value().get(i).path("hostnames");
            for (int j = 0; j < names.size(); j++) {
                String name = names.get(j).asText("");
                String where = path + ".hostnames[" + j + "]";
                Names.dnsSubdomain(name).forEach(m -> errors.invalid(where, name, m));
            }
        }
    }

    /** At the spec's affinity. */
    static void affinity(Location at, Errors errors) {
        JsonNode required = at.value().path("nodeAffinity").path(REQUIRED_TERMS);
        String node = at.child("nodeAffinity." + REQUIRED_TERMS + ".nodeSelectorTerms");
        if (required.isObject() && required.path("nodeSelectorTerms").isEmpty()) {
            errors.required(node, "must have at least one node selector term");
        }
        for (int i = 0; i < required.path("nodeSelectorTerms").size(); i++) {
            JsonNode expressions = required.path("nodeSelectorTerms").get(i)
                    .path("matchExpressions");
            for (int j = 0; j < expressions.size(); j++) {
                requirement(node + "[" + i + "].matchExpressions[" + j + "]", expressions.get(j),
                        errors);
            }
        }
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            JsonNode terms = at.value().path(kind).path(REQUIRED_TERMS);
            String path = at.child(kind) + "." + REQUIRED_TERMS;
            for (int i = 0; i < terms.size(); i++) {
                topologyKey(path + "[" + i + "]", terms.get(i), errors);
            }
            JsonNode preferred = at.value().path(kind)
                    .path("preferredDuringSchedulingIgnoredDuringExecution");
            String where = at.child(kind) + ".preferredDuringSchedulingIgnoredDuringExecution";
            for (int i = 0; i < preferred.size(); i++) {
                JsonNode weight = preferred.get(i).path("weight");
                if (weight.asInt(0) < 1 || weight.asInt(0) > 100) {
                    errors.invalid(where + "[" + i + "].weight", weight,
                            "must be in the range 1-100");
                }
                topologyKey(where + "[" + i + "].podAffinityTerm",
                        preferred.get(i).path("podAffinityTerm"), errors);
            }
        }
    }

    private static void topologyKey(String path, JsonNode term, Errors errors) {
        String key = term.path("topologyKey").asText("");
        if (key.isEmpty()) {
            errors.required(path + ".topologyKey", "can not be empty");
        }
        Names.qualified(key).forEach(m -> errors.invalid(path + ".topologyKey", key, m));
    }

    private static void requirement(String path, JsonNode requirement, Errors errors) {
        int values = requirement.path("values").size();
        switch (requirement.path("operator").asText("")) {
            case "In", "NotIn" -> {
                if (values == 0) {
                    errors.required(path + ".values",
                            "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (values > 0) {
                    errors.forbidden(path + ".values",
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            case "Gt", "Lt" -> {
                if (values != 1) {
                    errors.required(path + ".values",
                            "must be specified single value when `operator` is 'Lt' or 'Gt'");
                }
            }
            default -> errors.invalid(path + ".operator",
                    requirement.path("operator").asText(""), "not a valid selector operator");
        }
        String key = requirement.path("key").asText("");
        Names.qualified(key).forEach(m -> errors.invalid(path + ".key", key, m));
    }

    /** At a list of containers: no two may want one port of the machine. */
    static void hostPorts(Location at, Errors errors) {
        Set<String> taken = new HashSet<>();
        boolean hostNetwork = at.parent().path("hostNetwork").asBoolean(false);
        for (int i = 0; i < at.value().size(); i++) {
            JsonNode ports = at.value().get(i).path("ports");
            for (int j = 0; j < ports.size(); j++) {
                JsonNode port = ports.get(j);
                String path = at.path() + "[" + i + "].ports[" + j + "].hostPort";
                int hostPort = port.path("hostPort").asInt(0);
                if (hostNetwork && hostPort != port.path("containerPort").asInt(0)) {
                    errors.invalid(path, port.path("hostPort"),
                            "must match `containerPort` when `hostNetwork` is true");
                }
                String claim = port.path("protocol").asText("TCP") + "/"
                        + port.path("hostIP").asText("") + "/" + hostPort;
                if (hostPort != 0 && !taken.add(claim)) {
                    errors.duplicate(path, at.parent().textNode(claim));
                }
            }
        }
    }

    /** At a pod: what only those who debug it may add. */
    static void noEphemeral(ObjectNode pod, Errors errors) {
        boolean isNew = !pod.path("metadata").has("resourceVersion");
        if (isNew && !pod.path("spec").path("ephemeralContainers").isEmpty()) {
            errors.forbidden("spec.ephemeralContainers", "cannot be set on create");
        }
    }
}
