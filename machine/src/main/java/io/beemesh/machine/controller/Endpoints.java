package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.Pods;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A Service's pods as endpoints, grouped by the ports that the Service has on them. Pure. */
final class Endpoints {
    private Endpoints() {}

    /** JSON of the ports to the endpoints with them, in the order of the pods. */
    static Map<String, Group> groups(ApiObject service, List<ApiObject> pods) {
        Map<String, Group> groups = new TreeMap<>();
        boolean early = publishesNotReady(service);
        for (ApiObject pod : pods) {
            if (ip(pod).isEmpty() || Pods.isTerminal(pod)) {
                continue;
            }
            ArrayNode ports = ServicePorts.of(service, pod);
            if (ports.isEmpty() && !service.spec().path("ports").isEmpty()) {
                continue;
            }
            groups.computeIfAbsent(ports.toString(),
                    _ -> new Group(ports, Json.object().arrayNode())).endpoints
                    .add(endpoint(service, pod, early));
        }
        return groups;
    }

    static boolean publishesNotReady(ApiObject service) {
        return service.spec().path("publishNotReadyAddresses").asBoolean(false);
    }

    static boolean isHeadless(ApiObject service) {
        return service.spec().path("clusterIP").asText("").equals("None");
    }

    private static String ip(ApiObject pod) {
        return pod.tree().path("status").path("podIP").asText("");
    }

    private static ObjectNode endpoint(ApiObject service, ApiObject pod, boolean early) {
        boolean serving = Pods.isReady(pod);
        ObjectNode endpoint = Json.object();
        endpoint.putArray("addresses").add(ip(pod));
        ObjectNode conditions = endpoint.putObject("conditions");
        conditions.put("ready", early || (serving && !pod.isDeleting()));
        conditions.put("serving", early || serving);
        conditions.put("terminating", pod.isDeleting());
        String hostname = pod.spec().path("hostname").asText("");
        if (!hostname.isEmpty()
                && pod.spec().path("subdomain").asText("").equals(service.name())) {
            endpoint.put("hostname", hostname);
        }
        ObjectNode target = endpoint.putObject("targetRef");
        target.put("kind", "Pod");
        target.put("namespace", pod.namespace());
        target.put("name", pod.name());
        target.put("uid", pod.uid());
        endpoint.put("nodeName", Pods.nodeName(pod));
        return endpoint;
    }

    /** The older form: subsets of addresses and ports, without pods that are ending. */
    static ArrayNode subsets(Map<String, Group> groups, boolean early) {
        ArrayNode subsets = Json.object().arrayNode();
        for (Group group : groups.values()) {
            ArrayNode ready = Json.object().arrayNode();
            ArrayNode notReady = Json.object().arrayNode();
            for (JsonNode endpoint : group.endpoints) {
                JsonNode conditions = endpoint.path("conditions");
                if (conditions.path("terminating").asBoolean(false) && !early) {
                    continue;
                }
                (conditions.path("ready").asBoolean(false) ? ready : notReady)
                        .add(address(endpoint));
            }
            if (ready.isEmpty() && notReady.isEmpty()) {
                continue;
            }
            ObjectNode subset = subsets.addObject();
            if (!ready.isEmpty()) {
                subset.set("addresses", ready);
            }
            if (!notReady.isEmpty()) {
                subset.set("notReadyAddresses", notReady);
            }
            ArrayNode ports = group.ports.deepCopy();
            ports.forEach(p -> {
                if (p.path("name").asText("").isEmpty()) {
                    ((ObjectNode) p).remove("name");
                }
            });
            if (!ports.isEmpty()) {
                subset.set("ports", ports);
            }
        }
        return subsets;
    }

    private static ObjectNode address(JsonNode endpoint) {
        ObjectNode address = Json.object();
        address.set("ip", endpoint.path("addresses").path(0));
        for (String field : new String[]{"hostname", "nodeName", "targetRef"}) {
            if (endpoint.has(field)) {
                address.set(field, endpoint.path(field));
            }
        }
        return address;
    }

    /** The endpoints in an Endpoints object's subsets. */
    static Map<String, Group> mirrored(ApiObject endpoints) {
        Map<String, Group> groups = new TreeMap<>();
        for (JsonNode subset : endpoints.tree().path("subsets")) {
            ArrayNode ports = Json.object().arrayNode();
            subset.path("ports").forEach(p -> {
                ObjectNode port = p.deepCopy();
                port.put("name", p.path("name").asText(""));
                ports.add(port);
            });
            Group group = groups.computeIfAbsent(ports.toString(),
                    _ -> new Group(ports, Json.object().arrayNode()));
            subset.path("addresses").forEach(a -> group.endpoints.add(mirror(a, true)));
            subset.path("notReadyAddresses").forEach(a -> group.endpoints.add(mirror(a, false)));
        }
        return groups;
    }

    private static ObjectNode mirror(JsonNode address, boolean ready) {
        ObjectNode endpoint = Json.object();
        endpoint.putArray("addresses").add(address.path("ip"));
        endpoint.putObject("conditions").put("ready", ready).put("serving", ready)
                .put("terminating", false);
        for (String field : new String[]{"hostname", "nodeName", "targetRef"}) {
            if (address.has(field)) {
                endpoint.set(field, address.path(field));
            }
        }
        return endpoint;
    }

    /** Endpoints with the same ports. */
    record Group(ArrayNode ports, ArrayNode endpoints) {}
}
