package io.beemesh.machine.scheduler;

import io.beemesh.machine.scheduler.Filter.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which pods have to go so that a more important one can run. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/">priority
 *     and preemption</a>
 */
final class Preemption {
    private Preemption() {}

    /** A machine and the pods to end there, the most important first. */
    record Plan(String node, List<PodView> victims) {}

    /** What trying gave: a plan, or what to say. */
    record Result(Optional<Plan> plan, String message) {}

    static Result plan(PodView pod, Map<String, List<Verdict>> verdicts, Surroundings around) {
        if (pod.spec().path("preemptionPolicy").asText("").equals("Never")) {
            return new Result(Optional.empty(), "not eligible due to preemptionPolicy=Never.");
        }
        if (waitsForVictims(pod, around)) {
            return new Result(Optional.empty(),
                    "not eligible due to a terminating pod on the nominated node.");
        }
        List<Plan> plans = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (NodeView node : around.nodes()) {
            boolean helps = verdicts.getOrDefault(node.name(), List.of()).stream()
                    .allMatch(Verdict::resolvable);
            if (!helps) {
                reasons.add("Preemption is not helpful for scheduling");
                continue;
            }
            victims(pod, node, around).ifPresentOrElse(
                    v -> plans.add(new Plan(node.name(), v)),
                    () -> reasons.add("No preemption victims found for incoming pod"));
        }
        Optional<Plan> best = plans.stream().min(CHEAPEST);
        return new Result(best,
                best.isPresent()
                        ? ""
                        : FitError.message(around.nodes().size(), reasons));
    }

    private static final Comparator<Plan> CHEAPEST = Comparator
            .<Plan>comparingInt(p -> p.victims().getFirst().priority())
            .thenComparingLong(p -> p.victims().stream().mapToLong(PodView::priority).sum())
            .thenComparingInt(p -> p.victims().size()).thenComparing(Plan::node);

    /** True while pods that were ended for this one are still going. */
    private static boolean waitsForVictims(PodView pod, Surroundings around) {
        return around.nodes().stream().filter(n -> n.name().equals(pod.nominatedNode()))
                .flatMap(n -> n.pods().stream())
                .anyMatch(p -> p.terminating() && p.priority() < pod.priority());
    }

    /** The fewest and least important pods whose end makes room; empty if none would. */
    private static Optional<List<PodView>> victims(PodView pod, NodeView node,
            Surroundings around) {
        NodeView emptied = node.without(p -> p.priority() < pod.priority());
        if (emptied.pods().size() == node.pods().size()
                || !fits(pod, emptied, around)) {
            return Optional.empty();
        }
        List<PodView> candidates = node.pods().stream()
                .filter(p -> p.priority() < pod.priority())
                .sorted(Comparator.comparingInt(PodView::priority).reversed()
                        .thenComparing(PodView::created))
                .toList();
        List<PodView> victims = new ArrayList<>();
        for (PodView candidate : candidates) {
            NodeView spared = emptied.with(candidate);
            if (fits(pod, spared, around)) {
                emptied = spared;
            } else {
                victims.add(candidate);
            }
        }
        return victims.isEmpty() ? Optional.empty() : Optional.of(victims);
    }

    private static boolean fits(PodView pod, NodeView node, Surroundings around) {
        return Filter.checkAll(pod, node, around.with(node)).isEmpty();
    }
}
