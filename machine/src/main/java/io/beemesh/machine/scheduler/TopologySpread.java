package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.scheduler.Filter.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Spreads like pods over zones, hosts and the like. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/">topology
 *     spread constraints</a>
 */
final class TopologySpread {
    static final String REASON = "node(s) didn't match pod topology spread constraints";

    private TopologySpread() {}

    static List<Verdict> check(PodView pod, NodeView node, Surroundings around) {
        for (JsonNode constraint : pod.spec().path("topologySpreadConstraints")) {
            if (!constraint.path("whenUnsatisfiable").asText("").equals("DoNotSchedule")) {
                continue;
            }
            String value = node.labels().get(constraint.path("topologyKey").asText(""));
            if (value == null) {
                return Verdict.fixed(REASON + " (missing required label)");
            }
            Map<String, Integer> counts = counts(pod, constraint, around);
            int least = counts.values().stream().mapToInt(c -> c).min().orElse(0);
            if (counts.size() < constraint.path("minDomains").asInt(1)) {
                least = 0;
            }
            int self = selector(pod, constraint).matches(pod.labels()) ? 1 : 0;
            int skew = counts.getOrDefault(value, 0) + self - least;
            if (skew > constraint.path("maxSkew").asInt(1)) {
                return Verdict.resolvable(REASON);
            }
        }
        return List.of();
    }

    /** Like pods by domain, over the machines that count for the pod. */
    static Map<String, Integer> counts(PodView pod, JsonNode constraint, Surroundings around) {
        LabelSelector selector = selector(pod, constraint);
        boolean byAffinity = !constraint.path("nodeAffinityPolicy").asText("Honor")
                .equals("Ignore");
        boolean byTaints = constraint.path("nodeTaintsPolicy").asText("Ignore").equals("Honor");
        Map<String, Integer> counts = new HashMap<>();
        for (NodeView node : around.nodes()) {
            String value = node.labels().get(constraint.path("topologyKey").asText(""));
            if (value == null || (byAffinity && !NodeFilters.matchesNodeAffinity(pod, node))
                    || (byTaints && !NodeFilters.taints(pod, node, around).isEmpty())) {
                continue;
            }
            int count = (int) node.pods().stream()
                    .filter(p -> !p.terminating() && p.namespace().equals(pod.namespace())
                            && selector.matches(p.labels()))
                    .count();
            counts.merge(value, count, Integer::sum);
        }
        return counts;
    }

    /** The constraint's selector, narrowed to the pod's own values of {@code matchLabelKeys}. */
    static LabelSelector selector(PodView pod, JsonNode constraint) {
        JsonNode tree = constraint.path("labelSelector");
        if (constraint.path("matchLabelKeys").isEmpty() || !tree.isObject()) {
            return PodTerm.selector(tree);
        }
        ObjectNode narrowed = tree.deepCopy();
        for (JsonNode key : constraint.path("matchLabelKeys")) {
            String own = pod.labels().get(key.asText(""));
            if (own != null) {
                narrowed.withObjectProperty("matchLabels").put(key.asText(""), own);
            }
        }
        return PodTerm.selector(narrowed);
    }
}
