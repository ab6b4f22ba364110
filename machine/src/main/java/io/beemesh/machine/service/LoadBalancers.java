package io.beemesh.machine.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Which Services of type LoadBalancer the nodes serve themselves, on the Service's own ports. Pure. */
public final class LoadBalancers {
    private LoadBalancers() {}

    /**
     * The ports that nodes open for a Service: those of TCP. None of one that names another implementation, or lets in
     * only some clients, which nodes do not tell apart.
     *
     * @param spec the Service's
     */
    public static List<Integer> ports(JsonNode spec) {
        List<Integer> ports = new ArrayList<>();
        boolean isOurs = spec.path("type").asText("").equals("LoadBalancer")
                && spec.path("loadBalancerClass").asText("").isEmpty()
                && spec.path("loadBalancerSourceRanges").isEmpty();
        for (JsonNode port : spec.path("ports")) {
            if (isOurs && port.path("protocol").asText("TCP").equals("TCP")) {
                ports.add(port.path("port").asInt());
            }
        }
        return ports;
    }
}
