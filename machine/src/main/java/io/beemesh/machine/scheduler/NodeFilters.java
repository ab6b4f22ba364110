package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.NodeMatch;
import io.beemesh.machine.scheduler.Filter.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a machine itself says about a pod: its state, taints, labels, ports and room. Pure. */
final class NodeFilters {
    private static final String UNSCHEDULABLE_TAINT = "node.kubernetes.io/unschedulable";

    private NodeFilters() {}

    static List<Verdict> unschedulable(PodView pod, NodeView node, Surroundings around) {
        JsonNode taint = Json.object().put("key", UNSCHEDULABLE_TAINT).put("effect",
                "NoSchedule");
        return node.unschedulable() && !isTolerated(pod, taint)
                ? Verdict.fixed("node(s) were unschedulable")
                : List.of();
    }

    static List<Verdict> taints(PodView pod, NodeView node, Surroundings around) {
        return untolerated(pod, node, List.of("NoSchedule", "NoExecute"))
                .map(t -> Verdict.fixed("node(s) had untolerated taint {"
                        + t.path("key").asText("") + ": " + t.path("value").asText("") + "}"))
                .orElse(List.of());
    }

    static Optional<JsonNode> untolerated(PodView pod, NodeView node, List<String> effects) {
        for (JsonNode taint : node.taints()) {
            if (effects.contains(taint.path("effect").asText("")) && !isTolerated(pod, taint)) {
                return Optional.of(taint);
            }
        }
        return Optional.empty();
    }

    private static boolean isTolerated(PodView pod, JsonNode taint) {
        return NodeMatch.tolerates(pod.spec().path("tolerations"), taint);
    }

    static List<Verdict> affinity(PodView pod, NodeView node, Surroundings around) {
        return matchesNodeAffinity(pod, node)
                ? List.of()
                : Verdict.fixed("node(s) didn't match Pod's node affinity/selector");
    }

    static boolean matchesNodeAffinity(PodView pod, NodeView node) {
        return NodeMatch.selects(pod.spec(), node.labels(), node.name());
    }

    static List<Verdict> ports(PodView pod, NodeView node, Surroundings around) {
        for (PodView.HostPort wanted : pod.hostPorts()) {
            for (PodView other : node.pods()) {
                if (other.hostPorts().stream().anyMatch(wanted::conflicts)) {
                    return Verdict.resolvable(
                            "node(s) didn't have free ports for the requested pod ports");
                }
            }
        }
        return List.of();
    }

    static List<Verdict> resources(PodView pod, NodeView node, Surroundings around) {
        List<Verdict> verdicts = new ArrayList<>();
        if (node.pods().size() + 1 > node.allocatable().getOrDefault("pods", 0L)) {
            verdicts.add(new Verdict("Too many pods", true));
        }
        pod.requests().forEach((name, amount) -> {
            if (amount > 0 && amount > node.free(name)) {
                // Not even an empty machine would do: nobody's end helps.
                boolean fits = amount <= node.allocatable().getOrDefault(name, 0L);
                verdicts.add(new Verdict("Insufficient " + name, fits));
            }
        });
        return verdicts;
    }
}
