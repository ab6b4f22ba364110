package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A pod's quality of service class.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/">Pod QoS</a>
 */
public final class PodQuality {
    private PodQuality() {}

    /** Guaranteed, Burstable or BestEffort, from the requests and limits in {@code spec}. */
    public static String of(ObjectNode pod) {
        JsonNode spec = pod.path("spec");
        if (!spec.path("resources").isEmpty()) {
            return ofAll(List.of(spec));
        }
        List<JsonNode> containers = new ArrayList<>();
        spec.path("containers").forEach(containers::add);
        spec.path("initContainers").forEach(containers::add);
        return ofAll(containers);
    }

    private static String ofAll(List<JsonNode> holders) {
        boolean any = false;
        boolean guaranteed = true;
        for (JsonNode holder : holders) {
            Set<String> limited = new TreeSet<>();
            JsonNode limits = holder.path("resources").path("limits");
            for (String name : new String[]{"cpu", "memory"}) {
                if (isPositive(limits.path(name))) {
                    limited.add(name);
                }
            }
            any |= !limited.isEmpty();
            guaranteed &= limited.size() == 2;
            for (Map.Entry<String, JsonNode> request : holder.path("resources").path("requests")
                    .properties()) {
                boolean counts = request.getKey().equals("cpu")
                        || request.getKey().equals("memory");
                if (counts && isPositive(request.getValue())) {
                    any = true;
                    guaranteed &= Quantities.of(request.getValue())
                            .equals(Quantities.of(limits.path(request.getKey())));
                }
            }
        }
        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    private static boolean isPositive(JsonNode quantity) {
        return Quantities.of(quantity).signum() > 0;
    }
}
