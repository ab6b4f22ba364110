package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** The texts of cells that take more than a path. */
final class CellTexts {
    static final String NONE = "<none>";
    private static final int ENDPOINTS_MAX = 3;
    private static final String ROLE_PREFIX = "node-role.kubernetes.io/";

    private CellTexts() {}

    static String orNone(String text) {
        return text.isEmpty() ? NONE : text;
    }

    /** The values of a field of each element, with commas. */
    static String joined(JsonNode list, String field) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(field.isEmpty()
                ? item.asText("")
                : item.path(field).asText("")));
        return String.join(",", texts);
    }

    /** Labels as {@code a=b,c=d}. */
    static String labels(JsonNode labels) {
        List<String> texts = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : labels.properties()) {
            texts.add(entry.getKey() + "=" + entry.getValue().asText(""));
        }
        texts.sort(null);
        return orNone(String.join(",", texts));
    }

    /** A LabelSelector as a query has it. */
    static String selector(JsonNode selector) {
        List<String> texts = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : selector.path("matchLabels").properties()) {
            texts.add(entry.getKey() + "=" + entry.getValue().asText(""));
        }
        for (JsonNode requirement : selector.path("matchExpressions")) {
            String key = requirement.path("key").asText("");
            String values = "(" + joined(requirement.path("values"), "") + ")";
            texts.add(switch (requirement.path("operator").asText("")) {
                case "In" -> key + " in " + values;
                case "NotIn" -> key + " notin " + values;
                case "Exists" -> key;
                default -> "!" + key;
            });
        }
        texts.sort(null);
        return texts.isEmpty() ? "<none>" : String.join(",", texts);
    }

    static String nodeStatus(JsonNode node) {
        List<String> texts = new ArrayList<>();
        for (JsonNode condition : node.path("status").path("conditions")) {
            if (condition.path("type").asText("").equals("Ready")) {
                texts.add(
                        condition.path("status").asText("").equals("True") ? "Ready" : "NotReady");
            }
        }
        if (texts.isEmpty()) {
            texts.add("Unknown");
        }
        if (node.path("spec").path("unschedulable").asBoolean(false)) {
            texts.add("SchedulingDisabled");
        }
        return String.join(",", texts);
    }

    static String nodeRoles(JsonNode node) {
        TreeSet<String> roles = new TreeSet<>();
        for (Map.Entry<String, JsonNode> label : node.path("metadata").path("labels")
                .properties()) {
            if (label.getKey().startsWith(ROLE_PREFIX)
                    && label.getKey().length() > ROLE_PREFIX.length()) {
                roles.add(label.getKey().substring(ROLE_PREFIX.length()));
            } else if (label.getKey().equals("kubernetes.io/role")
                    && !label.getValue().asText("").isEmpty()) {
                roles.add(label.getValue().asText(""));
            }
        }
        return orNone(String.join(",", roles));
    }

    static String nodeAddress(JsonNode node, String type) {
        for (JsonNode address : node.path("status").path("addresses")) {
            if (address.path("type").asText("").equals(type)) {
                return address.path("address").asText("");
            }
        }
        return NONE;
    }

    static String servicePorts(JsonNode service) {
        List<String> texts = new ArrayList<>();
        for (JsonNode port : service.path("spec").path("ports")) {
            int nodePort = port.path("nodePort").asInt(0);
            texts.add(port.path("port").asInt(0) + (nodePort > 0 ? ":" + nodePort : "") + "/"
                    + port.path("protocol").asText(""));
        }
        return orNone(String.join(",", texts));
    }

    static String serviceExternalAddress(JsonNode service) {
        JsonNode spec = service.path("spec");
        String asked = joined(spec.path("externalIPs"), "");
        return switch (spec.path("type").asText("")) {
            case "ClusterIP", "NodePort" -> orNone(asked);
            case "ExternalName" -> spec.path("externalName").asText("");
            case "LoadBalancer" -> {
                TreeSet<String> given = new TreeSet<>();
                for (JsonNode ingress : service.path("status").path("loadBalancer")
                        .path("ingress")) {
                    String ip = ingress.path("ip").asText("");
                    given.add(ip.isEmpty() ? ingress.path("hostname").asText("") : ip);
                }
                String all = String.join(",", given)
                        + (given.isEmpty() || asked.isEmpty() ? "" : ",") + asked;
                yield all.isEmpty() ? "<pending>" : all;
            }
            default -> "<unknown>";
        };
    }

    static String endpoints(JsonNode endpoints) {
        List<String> all = new ArrayList<>();
        for (JsonNode subset : endpoints.path("subsets")) {
            if (subset.path("ports").isEmpty()) {
                subset.path("addresses").forEach(a -> all.add(a.path("ip").asText("")));
            }
            for (JsonNode port : subset.path("ports")) {
                subset.path("addresses").forEach(
                        a -> all.add(a.path("ip").asText("") + ":" + port.path("port").asInt(0)));
            }
        }
        return endpoints.path("subsets").isEmpty() ? NONE : atMost(all);
    }

    static String sliceEndpoints(JsonNode slice) {
        List<String> all = new ArrayList<>();
        slice.path("endpoints").forEach(
                endpoint -> endpoint.path("addresses").forEach(a -> all.add(a.asText(""))));
        return slice.path("endpoints").isEmpty() ? "<unset>" : atMost(all);
    }

    static String slicePorts(JsonNode slice) {
        List<String> texts = new ArrayList<>();
        for (JsonNode port : slice.path("ports")) {
            if (texts.size() == ENDPOINTS_MAX) {
                break;
            }
            String name = port.path("name").asText("");
            texts.add(port.has("port")
                    ? Integer.toString(port.path("port").asInt())
                    : name.isEmpty() ? "*" : name);
        }
        int more = slice.path("ports").size() - ENDPOINTS_MAX;
        return slice.path("ports").isEmpty()
                ? "<unset>"
                : String.join(",", texts) + (more > 0 ? " + " + more + " more..." : "");
    }

    private static String atMost(List<String> texts) {
        if (texts.size() <= ENDPOINTS_MAX) {
            return String.join(",", texts);
        }
        return String.join(",", texts.subList(0, ENDPOINTS_MAX)) + " + "
                + (texts.size() - ENDPOINTS_MAX) + " more...";
    }

    static String eventObject(JsonNode event) {
        String kind = event.path("involvedObject").path("kind").asText("").toLowerCase(Locale.ROOT);
        String name = event.path("involvedObject").path("name").asText("");
        return name.isEmpty() ? kind : kind + "/" + name;
    }

    static String eventSource(JsonNode event) {
        String component = first(event.path("source").path("component").asText(""),
                event.path("reportingComponent").asText(""));
        String host = first(event.path("source").path("host").asText(""),
                event.path("reportingInstance").asText(""));
        return host.isEmpty() ? component : component + ", " + host;
    }

    private static String first(String one, String other) {
        return one.isEmpty() ? other : one;
    }

    /** Access modes in kubectl's short form. */
    static String accessModes(JsonNode modes) {
        List<String> texts = new ArrayList<>();
        String[][] known = {{"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"},
                {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"}};
        for (String[] mode : known) {
            modes.forEach(m -> {
                if (m.asText("").equals(mode[0]) && !texts.contains(mode[1])) {
                    texts.add(mode[1]);
                }
            });
        }
        return String.join(",", texts);
    }

    /** {@code Terminating} while it is being deleted, else its phase. */
    static String phase(JsonNode object) {
        return object.path("metadata").has("deletionTimestamp")
                ? "Terminating"
                : object.path("status").path("phase").asText("");
    }
}
