package io.beemesh.machine.scheduler;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.scheduler.Filter.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which pods have to go so that a more important one can run. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/">priority
 *     and preemption</a>
 */
final class Preemption {
    private Preemption() {}

    /**
     * A machine and the pods to end there.
     *
     * @param violations how many of them a disruption budget would keep
     */
    record Plan(String node, List<PodView> victims, int violations) {
        private static final Comparator<Plan> CHEAPEST = Comparator
                .comparingInt(Plan::violations).thenComparingInt(Plan::highest)
                .thenComparingLong(
                        p -> p.victims().stream().mapToLong(PodView::priority).sum())
                .thenComparingInt(p -> p.victims().size())
                .thenComparing(Plan::oldestOfHighest, Comparator.reverseOrder())
                .thenComparing(Plan::node);

        private int highest() {
            return victims.stream().mapToInt(PodView::priority).max().orElseThrow();
        }

        private Instant oldestOfHighest() {
            return victims.stream().filter(v -> v.priority() == highest())
                    .map(PodView::created).min(Comparator.naturalOrder()).orElseThrow();
        }
    }

    /**
     * What trying gave: a plan, or what to say.
     *
     * @param nomination the machine on which the pod is promised room from now on; empty: none any more;
     *     absent: as before
     */
    record Result(Optional<Plan> plan, Optional<String> nomination, String message) {
        private static Result notEligible(String why) {
            return new Result(Optional.empty(), Optional.empty(), "not eligible due to " + why);
        }
    }

    static Result plan(PodView pod, Map<String, List<Verdict>> verdicts, Surroundings around,
            Budgets budgets) {
        if (pod.spec().path("preemptionPolicy").asText("").equals("Never")) {
            return Result.notEligible("preemptionPolicy=Never.");
        }
        if (waitsForVictims(pod, around)) {
            return Result.notEligible("a terminating pod on the nominated node.");
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
            victims(pod, node, around, budgets).ifPresentOrElse(plans::add,
                    () -> reasons.add("No preemption victims found for incoming pod"));
        }
        Optional<Plan> best = plans.stream().min(Plan.CHEAPEST);
        return new Result(best, Optional.of(best.map(Plan::node).orElse("")),
                best.isPresent()
                        ? ""
                        : FitError.message(around.nodes().size(), reasons));
    }

    /** True while pods that were ended for this one are still going. */
    private static boolean waitsForVictims(PodView pod, Surroundings around) {
        return around.nodes().stream().filter(n -> n.name().equals(pod.nominatedNode()))
                .flatMap(n -> n.pods().stream())
                .anyMatch(p -> p.terminating() && p.priority() < pod.priority());
    }

    /**
     * The fewest and least important pods whose end makes room, as far as that goes those that their budgets
     * let go; empty if none would.
     */
    private static Optional<Plan> victims(PodView pod, NodeView node, Surroundings around,
            Budgets budgets) {
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
        Set<ObjectKey> violating = budgets.violating(candidates);
        List<PodView> keptFirst = new ArrayList<>(candidates);
        keptFirst.sort(Comparator.comparing(candidate -> !violating.contains(candidate.key())));
        List<PodView> victims = new ArrayList<>();
        for (PodView candidate : keptFirst) {
            NodeView spared = emptied.with(candidate);
            if (fits(pod, spared, around)) {
                emptied = spared;
            } else {
                victims.add(candidate);
            }
        }
        return victims.isEmpty()
                ? Optional.empty()
                : Optional.of(new Plan(node.name(), victims,
                        (int) victims.stream().map(PodView::key).filter(violating::contains)
                                .count()));
    }

    private static boolean fits(PodView pod, NodeView node, Surroundings around) {
        return Filter.checkAll(pod, node, around.with(node)).isEmpty();
    }
}
