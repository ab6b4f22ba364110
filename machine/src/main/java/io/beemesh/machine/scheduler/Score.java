package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.protocol.scheduling.Bid;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** How well a machine suits a pod that can run there. Pure. */
final class Score {
    private static final int BEST = 100;
    private static final int OWN_SCALE = 1_000;
    private static final int TAINT_WEIGHT = 3;
    private static final int PREFERENCE_WEIGHT = 2;
    /** Odd, with bits that follow no pattern: 2^32 divided by the golden ratio. */
    private static final int MIX = 0x9E3779B9;
    /** As Kubernetes: what a pod that asks for nothing is taken to use, so that those spread too. */
    private static final Map<String, Long> ASSUMED = Map.of("cpu", 100L, "memory", 200L << 20);

    /** Labels that controllers give to a pod or to a revision. */
    private static final Set<String> OF_ONE_POD = Set.of(Ledger.INDEX_LABEL,
            Ledger.INCARNATION_LABEL, "pod-template-hash", "controller-revision-hash",
            "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
            "batch.kubernetes.io/job-completion-index");

    private Score() {}

    /** The best of {@code nodes}; of equals the one whose name, seen from the pod, comes first. */
    static Optional<NodeView> best(PodView pod, List<NodeView> nodes, Surroundings around) {
        List<Double> scores = new ArrayList<>();
        nodes.forEach(n -> scores.add((double) (room(pod, n) + balance(pod, n))));
        addNormalised(scores, nodes.stream().map(n -> -aversion(pod, n)).toList(), TAINT_WEIGHT);
        addNormalised(scores, nodes.stream().map(n -> nodePreference(pod, n)).toList(),
                PREFERENCE_WEIGHT);
        addNormalised(scores, nodes.stream().map(n -> company(pod, n, around)).toList(),
                PREFERENCE_WEIGHT);
        addNormalised(scores, nodes.stream().map(n -> -crowd(pod, n, around)).toList(),
                PREFERENCE_WEIGHT);
        return IntStream.range(0, nodes.size()).boxed()
                .max(Comparator.<Integer>comparingDouble(scores::get)
                        .thenComparingInt(i -> mixed(pod.uid() + nodes.get(i).name())))
                .map(nodes::get);
    }

    /** Names that differ in their last letter alone have hashes of nearly always the same order. */
    private static int mixed(String text) {
        int hash = text.hashCode();
        return (hash ^ (hash >>> 16)) * MIX;
    }

    /**
     * How well a machine suits by itself, for comparison among bids: Kubernetes' scores without what only
     * a view of all machines can tell, times {@value #OWN_SCALE}.
     */
    static int own(PodView pod, NodeView node) {
        double score = 2 * BEST - used(pod, node, "cpu") / 2 - used(pod, node, "memory") / 2
                - Math.abs(used(pod, node, "cpu") - used(pod, node, "memory")) / 2
                + PREFERENCE_WEIGHT * Math.clamp(nodePreference(pod, node), 0, BEST)
                + TAINT_WEIGHT * BEST * (1 - aversion(pod, node));
        return (int) Math.clamp(score * OWN_SCALE, 0, Bid.SCORE_MAX);
    }

    /** Spreads raw values over 0 to 100; nothing if all are equal. */
    private static void addNormalised(List<Double> scores, List<Integer> raw, int weight) {
        int min = raw.stream().mapToInt(r -> r).min().orElse(0);
        int max = raw.stream().mapToInt(r -> r).max().orElse(0);
        for (int i = 0; max > min && i < raw.size(); i++) {
            scores.set(i, scores.get(i)
                    + (double) weight * BEST * (raw.get(i) - min) / (max - min));
        }
    }

    /** The more is left, the better. */
    private static int room(PodView pod, NodeView node) {
        return (int) ((BEST - used(pod, node, "cpu") + BEST - used(pod, node, "memory")) / 2);
    }

    /** The more evenly processor and memory are used, the better. */
    private static int balance(PodView pod, NodeView node) {
        return (int) (BEST
                - Math.abs(used(pod, node, "cpu") - used(pod, node, "memory")) / 2);
    }

    private static double used(PodView pod, NodeView node, String resource) {
        long allocatable = node.allocatable().getOrDefault(resource, 0L);
        long used = amount(pod, resource)
                + node.pods().stream().mapToLong(p -> amount(p, resource)).sum();
        return allocatable == 0
                ? BEST
                : Math.min(BEST, (double) used * BEST / allocatable);
    }

    private static long amount(PodView pod, String resource) {
        return pod.requests().getOrDefault(resource, ASSUMED.getOrDefault(resource, 0L));
    }

    private static int aversion(PodView pod, NodeView node) {
        return NodeFilters.untolerated(pod, node, List.of("PreferNoSchedule")).isPresent()
                ? 1
                : 0;
    }

    private static int nodePreference(PodView pod, NodeView node) {
        int sum = 0;
        for (JsonNode preferred : pod.spec().path("affinity").path("nodeAffinity")
                .path("preferredDuringSchedulingIgnoredDuringExecution")) {
            if (NodeTerms.matches(preferred.path("preference"), node.labels(), node.name())) {
                sum += preferred.path("weight").asInt(0);
            }
        }
        return sum;
    }

    private static int company(PodView pod, NodeView node, Surroundings around) {
        return preferred(pod, "podAffinity", node, around)
                - preferred(pod, "podAntiAffinity", node, around);
    }

    private static int preferred(PodView pod, String kind, NodeView node,
            Surroundings around) {
        int sum = 0;
        for (JsonNode preferred : pod.spec().path("affinity").path(kind)
                .path("preferredDuringSchedulingIgnoredDuringExecution")) {
            PodTerm term = PodTerm.of(pod, preferred.path("podAffinityTerm"));
            String value = node.labels().get(term.topologyKey());
            if (value != null) {
                sum += preferred.path("weight").asInt(0)
                        * term.countByTopology(around).getOrDefault(value, 0);
            }
        }
        return sum;
    }

    private static int crowd(PodView pod, NodeView node, Surroundings around) {
        if (pod.spec().path("topologySpreadConstraints").isEmpty()) {
            return likePods(pod, node);
        }
        int sum = 0;
        for (JsonNode constraint : pod.spec().path("topologySpreadConstraints")) {
            String value = node.labels().get(constraint.path("topologyKey").asText(""));
            Map<String, Integer> counts = TopologySpread.counts(pod, constraint, around);
            if (value != null) {
                sum += counts.getOrDefault(value, 0);
            }
        }
        return sum;
    }

    /** As Kubernetes, where nobody says how to spread: pods of one kind go to different hosts. */
    private static int likePods(PodView pod, NodeView node) {
        Map<String, String> kind = kind(pod);
        return kind.isEmpty()
                ? 0
                : (int) node.pods().stream().filter(p -> !p.terminating()
                        && p.namespace().equals(pod.namespace()) && kind(p).equals(kind)).count();
    }

    /** The labels that a pod shares with all of its kind. */
    private static Map<String, String> kind(PodView pod) {
        Map<String, String> shared = new HashMap<>(pod.labels());
        shared.keySet().removeAll(OF_ONE_POD);
        return shared;
    }
}
