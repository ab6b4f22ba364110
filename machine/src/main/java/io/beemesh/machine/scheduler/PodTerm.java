package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.SyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A term of pod affinity: which pods it means, and over which label of machines. Pure. */
record PodTerm(String topologyKey, LabelSelector pods, List<String> namespaces,
        LabelSelector namespaceSelector) {
    static List<PodTerm> required(PodView owner, String kind) {
        List<PodTerm> terms = new ArrayList<>();
        owner.spec().path("affinity").path(kind)
                .path("requiredDuringSchedulingIgnoredDuringExecution")
                .forEach(t -> terms.add(of(owner, t)));
        return terms;
    }

    static PodTerm of(PodView owner, JsonNode term) {
        List<String> namespaces = new ArrayList<>();
        term.path("namespaces").forEach(n -> namespaces.add(n.asText("")));
        if (namespaces.isEmpty() && !term.path("namespaceSelector").isObject()) {
            namespaces.add(owner.namespace());
        }
        return new PodTerm(term.path("topologyKey").asText(""),
                selector(term.path("labelSelector")), namespaces,
                selector(term.path("namespaceSelector")));
    }

    static LabelSelector selector(JsonNode tree) {
        try {
            return LabelSelector.of(tree);
        } catch (SyntaxException e) {
            return LabelSelector.nothing();
        }
    }

    boolean selects(PodView pod, Surroundings around) {
        return pods.matches(pod.labels()) && (namespaces.contains(pod.namespace())
                || (!namespaceSelector.isNothing() && namespaceSelector
                        .matches(around.namespaceLabels(pod.namespace()))));
    }

    /** How many selected pods there are by value of the topology label. */
    Map<String, Integer> countByTopology(Surroundings around) {
        Map<String, Integer> counts = new HashMap<>();
        for (NodeView node : around.nodes()) {
            String value = node.labels().get(topologyKey);
            if (value != null) {
                int count = (int) node.pods().stream().filter(p -> selects(p, around)).count();
                counts.merge(value, count, Integer::sum);
            }
        }
        return counts;
    }
}
