package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.PodAmounts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What scheduling needs to know of a machine, with the pods that are or will be there; immutable.
 *
 * @param allocatable amounts by resource, as in {@link PodView#requests}
 * @param requested what {@code pods} ask for together
 */
record NodeView(String name, Map<String, String> labels, JsonNode taints,
        boolean unschedulable, Map<String, Long> allocatable, List<PodView> pods,
        Map<String, Long> requested) {
    static NodeView of(ApiObject node, List<PodView> pods) {
        return new NodeView(node.name(), node.labels(), node.tree().path("spec").path("taints"),
                node.tree().path("spec").path("unschedulable").asBoolean(false),
                PodAmounts.units(PodAmounts.quantities(
                        node.tree().path("status").path("allocatable"))),
                pods, sum(pods));
    }

    static NodeView absent(String name) {
        return new NodeView(name, Map.of(), Json.object().arrayNode(), true, Map.of(), List.of(),
                Map.of());
    }

    private static Map<String, Long> sum(List<PodView> pods) {
        Map<String, Long> sum = new LinkedHashMap<>();
        for (PodView pod : pods) {
            pod.requests().forEach((name, amount) -> sum.merge(name, amount, Long::sum));
        }
        return sum;
    }

    NodeView with(PodView pod) {
        return withAll(List.of(pod));
    }

    NodeView withAll(List<PodView> others) {
        if (others.isEmpty()) {
            return this;
        }
        List<PodView> more = new ArrayList<>(pods);
        more.addAll(others);
        Map<String, Long> sum = new LinkedHashMap<>(requested);
        others.forEach(pod -> pod.requests()
                .forEach((name, amount) -> sum.merge(name, amount, Long::sum)));
        return new NodeView(name, labels, taints, unschedulable, allocatable, more, sum);
    }

    NodeView without(Predicate<PodView> gone) {
        List<PodView> others = pods.stream().filter(gone.negate()).toList();
        return new NodeView(name, labels, taints, unschedulable, allocatable, others,
                sum(others));
    }

    long free(String resource) {
        return allocatable.getOrDefault(resource, 0L) - requested.getOrDefault(resource, 0L);
    }
}
