package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.util.OptionalInt;

/** Which ports of a pod a Service's ports are. Pure. */
final class ServicePorts {
    private ServicePorts() {}

    /** As in an EndpointSlice: name, protocol, port; those that the pod does not have are left out. */
    static ArrayNode of(ApiObject service, ApiObject pod) {
        ArrayNode ports = Json.object().arrayNode();
        for (JsonNode port : service.spec().path("ports")) {
            OptionalInt number = target(port, pod);
            if (number.isPresent()) {
                ObjectNode node = ports.addObject();
                node.put("name", port.path("name").asText(""));
                node.put("protocol", port.path("protocol").asText("TCP"));
                node.put("port", number.getAsInt());
                if (port.has("appProtocol")) {
                    node.set("appProtocol", port.path("appProtocol"));
                }
            }
        }
        return ports;
    }

    private static OptionalInt target(JsonNode port, ApiObject pod) {
        JsonNode target = port.path("targetPort");
        if (target.isInt() && target.asInt() > 0) {
            return OptionalInt.of(target.asInt());
        }
        String name = target.isTextual() ? target.asText("") : "";
        if (name.isEmpty()) {
            return OptionalInt.of(port.path("port").asInt(0));
        }
        String protocol = port.path("protocol").asText("TCP");
        for (JsonNode container : pod.spec().path("containers")) {
            for (JsonNode own : container.path("ports")) {
                if (own.path("name").asText("").equals(name)
                        && own.path("protocol").asText("TCP").equals(protocol)) {
                    return OptionalInt.of(own.path("containerPort").asInt(0));
                }
            }
        }
        return OptionalInt.empty();
    }
}
