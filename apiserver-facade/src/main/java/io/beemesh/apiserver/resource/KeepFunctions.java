package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** What an update takes over from the current state where the client left it out. */
final class KeepFunctions {
    private KeepFunctions() {}

    /** Applies a {@code keep} line: a path is kept whatever comes, or a {@code $function} decides. */
    static void apply(RuleTable.Rule rule, ObjectNode next, ObjectNode current) {
        if (rule.arguments().equals("$service")) {
            service(next, current);
        } else {
            List<JsonNode> kept = new ArrayList<>();
            rule.path().visit(current, at -> kept.add(at.value()));
            rule.path().visit(next, at -> {
                if (kept.isEmpty() || kept.getFirst().isMissingNode()) {
                    at.parent().remove(at.field());
                } else {
                    at.parent().set(at.field(), kept.getFirst().deepCopy());
                }
            });
        }
    }

    // An update without the address and ports that were allocated means the same ones.
    private static void service(ObjectNode next, ObjectNode current) {
        if (!(next.path("spec") instanceof ObjectNode spec)
                || !(current.path("spec") instanceof ObjectNode old)) {
            return;
        }
        String type = spec.path("type").asText("");
        if (!type.equals("ExternalName") && !old.path("type").asText("").equals("ExternalName")) {
            if (spec.path("clusterIP").asText("").isEmpty()) {
                copy(spec, old, "clusterIP");
            }
            for (String field : List.of("clusterIPs", "ipFamilies", "ipFamilyPolicy")) {
                if (spec.path(field).isMissingNode() || (spec.path(field).isEmpty()
                        && spec.path(field).isContainerNode())) {
                    copy(spec, old, field);
                }
            }
        }
        if (usesNodePorts(type) && usesNodePorts(old.path("type").asText(""))) {
            keepNodePorts(spec.path("ports"), old.path("ports"));
        } else if (!usesNodePorts(type)) {
            dropNodePorts(spec.path("ports"), old.path("ports"));
            // What only Services have that are reached from outside goes with that, if left as it
            // was.
            for (String field : List.of("externalTrafficPolicy",
                    "allocateLoadBalancerNodePorts", "healthCheckNodePort")) {
                if (usesNodePorts(old.path("type").asText(""))
                        && spec.path(field).equals(old.path(field))) {
                    spec.remove(field);
                }
            }
        }
    }

    private static boolean usesNodePorts(String type) {
        return type.equals("NodePort") || type.equals("LoadBalancer");
    }

    private static void keepNodePorts(JsonNode ports, JsonNode oldPorts) {
        for (JsonNode port : ports) {
            for (JsonNode old : oldPorts) {
                boolean same = port.path("port").equals(old.path("port")) && port.path("protocol")
                        .asText("TCP").equals(old.path("protocol").asText("TCP"));
                if (same && port.path("nodePort").asInt(0) == 0
                        && port instanceof ObjectNode fields) {
                    copy(fields, old, "nodePort");
                }
            }
        }
    }

    // A Service that is no longer on every node gives up the ports that it was given.
    private static void dropNodePorts(JsonNode ports, JsonNode oldPorts) {
        for (JsonNode port : ports) {
            for (JsonNode old : oldPorts) {
                if (port instanceof ObjectNode fields && fields.has("nodePort")
                        && fields.path("nodePort").equals(old.path("nodePort"))) {
                    fields.remove("nodePort");
                }
            }
        }
    }

    private static void copy(ObjectNode into, JsonNode from, String field) {
        if (from.has(field)) {
            into.set(field, from.path(field).deepCopy());
        }
    }
}
