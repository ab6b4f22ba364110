package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What Services check beyond their table. */
final class ServiceRules {
    private ServiceRules() {}

    /** An address once given stays, unless the Service becomes or was an ExternalName. */
    static void checkUpdate(ObjectNode next, ObjectNode current, Errors errors) {
        JsonNode spec = next.path("spec");
        JsonNode old = current.path("spec");
        boolean external = spec.path("type").asText("").equals("ExternalName")
                || old.path("type").asText("").equals("ExternalName");
        String before = old.path("clusterIP").asText("");
        if (!external && !before.isEmpty() && !before.equals(spec.path("clusterIP").asText(""))) {
            errors.invalid("spec.clusterIPs[0]", spec.path("clusterIPs"),
                    "may not change once set");
        }
    }

    /** A new Service's ports and address against its type. */
    static void check(Location at, Errors errors) {
        JsonNode spec = at.value();
        String type = spec.path("type").asText("");
        boolean headless = spec.path("clusterIP").asText("").equals("None");
        if (spec.path("ports").isEmpty() && !headless && !type.equals("ExternalName")) {
            errors.required("spec.ports", "");
        }
        switch (type) {
            case "ExternalName" -> externalName(spec, errors);
            case "LoadBalancer", "NodePort" -> {
                if (headless) {
                    errors.invalid("spec.clusterIPs[0]", "None",
                            "may not be set to 'None' for " + type + " services");
                }
            }
            default -> noNodePorts(spec.path("ports"), errors);
        }
        outside(spec, errors);
        boolean several = spec.path("ports").size() > 1;
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < spec.path("ports").size(); i++) {
            JsonNode port = spec.path("ports").get(i);
            String path = "spec.ports[" + i + "]";
            if (several && port.path("name").asText("").isEmpty()) {
                errors.required(path + ".name", "");
            }
            String key = port.path("protocol").asText("") + "/" + port.path("port").asText("");
            if (!seen.add(key)) {
                ObjectNode duplicate = at.parent().objectNode();
                for (Map.Entry<String, JsonNode> field : port.properties()) {
                    if (field.getKey().equals("port") || field.getKey().equals("protocol")) {
                        duplicate.set(field.getKey(), field.getValue());
                    }
                }
                errors.duplicate(path, duplicate);
            }
        }
    }

    private static void outside(JsonNode spec, Errors errors) {
        for (int i = 0; i < spec.path("externalIPs").size(); i++) {
            PodSpecChecks.address("spec.externalIPs[" + i + "]", spec.path("externalIPs").get(i),
                    errors);
        }
        for (int i = 0; i < spec.path("loadBalancerSourceRanges").size(); i++) {
            JsonNode range = spec.path("loadBalancerSourceRanges").get(i);
            if (!range.asText("").strip()
                    .matches("[0-9.]{7,15}/[0-9]{1,2}|[0-9a-fA-F:.]{2,45}/[0-9]{1,3}")) {
                errors.invalid("spec.LoadBalancerSourceRanges[" + i + "]", range,
                        "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
            }
        }
        String type = spec.path("type").asText("");
        boolean external = type.equals("NodePort") || type.equals("LoadBalancer")
                || (type.equals("ClusterIP") && !spec.path("externalIPs").isEmpty());
        JsonNode policy = spec.path("externalTrafficPolicy");
        if (!external && !policy.asText("").isEmpty()) {
            errors.invalid("spec.externalTrafficPolicy", policy,
                    "may only be set for externally-accessible services");
        }
    }

    private static void externalName(JsonNode spec, Errors errors) {
        JsonNode name = spec.path("externalName");
        if (name.asText("").isEmpty()) {
            errors.required("spec.externalName", "");
        } else {
            String text = name.asText().endsWith(".")
                    ? name.asText().substring(0, name.asText().length() - 1)
                    : name.asText();
            Names.dnsSubdomain(text).forEach(m -> errors.invalid("spec.externalName", name, m));
        }
        if (!spec.path("clusterIP").asText("").isEmpty()) {
            errors.forbidden("spec.clusterIPs[0]", "may not be set for ExternalName services");
        }
    }

    private static void noNodePorts(JsonNode ports, Errors errors) {
        for (int i = 0; i < ports.size(); i++) {
            if (ports.get(i).path("nodePort").asInt(0) != 0) {
                errors.forbidden("spec.ports[" + i + "].nodePort",
                        "may not be used when `type` is 'ClusterIP'");
            }
        }
    }
}
