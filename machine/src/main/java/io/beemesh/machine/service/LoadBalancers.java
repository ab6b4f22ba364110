package io.beemesh.machine.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Which Services of type LoadBalancer the nodes serve themselves, on the Service's own ports. Pure. */
public final class LoadBalancers {
    private LoadBalancers() {}

    /**
     * A port of a Service.
     *
     * @param protocol {@code TCP} or {@code UDP}
     */
    public record Port(String protocol, int number) {}

    /**
     * The ports that nodes open for a Service. None of one that names another implementation.
     *
     * @param spec the Service's
     */
    public static List<Port> ports(JsonNode spec) {
        List<Port> ports = new ArrayList<>();
        boolean isOurs = spec.path("type").asText("").equals("LoadBalancer")
                && spec.path("loadBalancerClass").asText("").isEmpty();
        for (JsonNode port : spec.path("ports")) {
            String protocol = port.path("protocol").asText("TCP");
            if (isOurs && (protocol.equals("TCP") || protocol.equals("UDP"))) {
                ports.add(new Port(protocol, port.path("port").asInt()));
            }
        }
        return ports;
    }

    /** Ranges of clients that those ports let in; none: all. A node port lets in everybody. */
    public static List<String> sources(JsonNode spec) {
        List<String> ranges = new ArrayList<>();
        spec.path("loadBalancerSourceRanges").forEach(range -> ranges.add(range.asText("")));
        return ranges;
    }
}
