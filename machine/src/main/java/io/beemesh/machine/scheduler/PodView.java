package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.PodAmounts;
import io.beemesh.machine.object.Pods;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What scheduling needs to know of a pod; immutable.
 *
 * @param requests amounts by resource: thousandths for {@code cpu}, units for all else
 * @param spec the few parts of the spec that filters and scores read
 */
record PodView(ObjectKey key, String uid, Map<String, String> labels,
        Map<String, Long> requests, List<HostPort> hostPorts, int priority, String nodeName,
        String nominatedNode, boolean terminating, Instant created, JsonNode spec) {
    private static final List<String> KEPT = List.of("affinity", "nodeSelector", "tolerations",
            "topologySpreadConstraints", "preemptionPolicy", "schedulingGates", "schedulerName",
            "volumes");

    /** A port of the machine itself that a container asks for. */
    record HostPort(String address, String protocol, int port) {
        boolean conflicts(HostPort other) {
            boolean sameAddress = address.equals(other.address) || address.equals("0.0.0.0")
                    || other.address.equals("0.0.0.0");
            return port == other.port && protocol.equals(other.protocol) && sameAddress;
        }
    }

    static PodView of(ApiObject pod) {
        JsonNode spec = pod.tree().path("spec");
        ObjectNode kept = Json.object();
        for (String field : KEPT) {
            if (spec.has(field)) {
                kept.set(field, spec.path(field));
            }
        }
        return new PodView(new ObjectKey(GroupResource.PODS, pod.namespace(), pod.name()),
                pod.uid(), pod.labels(), PodAmounts.units(PodAmounts.required(spec)),
                hostPorts(spec),
                spec.path("priority").asInt(0), Pods.nodeName(pod),
                pod.tree().path("status").path("nominatedNodeName").asText(""),
                pod.isDeleting(), pod.creationTimestamp().orElse(Instant.EPOCH), kept);
    }

    /** The same pod on a machine. */
    PodView on(String node) {
        return new PodView(key, uid, labels, requests, hostPorts, priority, node, nominatedNode,
                terminating, created, spec);
    }

    /** A like pod. */
    PodView withUid(String other) {
        return new PodView(new ObjectKey(key.type(), key.namespace(), other), other, labels,
                requests, hostPorts, priority, nodeName, nominatedNode, terminating, created,
                spec);
    }

    String namespace() {
        return key.namespace();
    }

    private static List<HostPort> hostPorts(JsonNode spec) {
        List<HostPort> ports = new ArrayList<>();
        for (String kind : List.of("containers", "initContainers")) {
            for (JsonNode container : spec.path(kind)) {
                for (JsonNode port : container.path("ports")) {
                    int number = port.path("hostPort").asInt(0);
                    if (number > 0) {
                        ports.add(new HostPort(port.path("hostIP").asText("0.0.0.0"),
                                port.path("protocol").asText("TCP"), number));
                    }
                }
            }
        }
        return ports;
    }
}
