package io.beemesh.machine.scheduler;

import io.beemesh.machine.scheduler.Filter.Verdict;
import java.util.List;

/** What the pods that are there say about a pod, and it about them. Pure. */
final class PodAffinity {
    static final String NOT_TOGETHER = "node(s) didn't match pod affinity rules";
    static final String NOT_APART = "node(s) didn't match pod anti-affinity rules";

    private PodAffinity() {}

    static List<Verdict> check(PodView pod, NodeView node, Surroundings around) {
        if (!hasCompany(pod, node, around)) {
            return Verdict.fixed(NOT_TOGETHER);
        }
        for (PodTerm term : PodTerm.required(pod, "podAntiAffinity")) {
            String value = node.labels().get(term.topologyKey());
            if (value != null && term.countByTopology(around).getOrDefault(value, 0) > 0) {
                return Verdict.resolvable(NOT_APART);
            }
        }
        return unwanted(pod, node, around);
    }

    /** What the pods that are there say about the pod. */
    static List<Verdict> unwanted(PodView pod, NodeView node, Surroundings around) {
        return isUnwanted(pod, node, around)
                ? Verdict.resolvable("node(s) didn't satisfy existing pods anti-affinity rules")
                : List.of();
    }

    /** The first of a group that wants only its own kind around may go anywhere. */
    private static boolean hasCompany(PodView pod, NodeView node, Surroundings around) {
        List<PodTerm> terms = PodTerm.required(pod, "podAffinity");
        boolean together = true;
        boolean nowhere = true;
        for (PodTerm term : terms) {
            String value = node.labels().get(term.topologyKey());
            if (value == null) {
                return false;
            }
            var counts = term.countByTopology(around);
            together &= counts.getOrDefault(value, 0) > 0;
            nowhere &= counts.values().stream().allMatch(c -> c == 0);
        }
        return together
                || (nowhere && terms.stream().allMatch(term -> term.selects(pod, around)));
    }

    private static boolean isUnwanted(PodView pod, NodeView node, Surroundings around) {
        for (NodeView other : around.nodes()) {
            for (PodView existing : other.pods()) {
                for (PodTerm term : PodTerm.required(existing, "podAntiAffinity")) {
                    String theirs = other.labels().get(term.topologyKey());
                    if (theirs != null && theirs.equals(node.labels().get(term.topologyKey()))
                            && term.selects(pod, around)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
