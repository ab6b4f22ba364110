package io.beemesh.machine.scheduler;

import java.util.List;

/** One reason why a pod cannot run on a machine. Pure. */
@FunctionalInterface
interface Filter {
    /** In Kubernetes' order; the first that says no ends the check of a machine. */
    List<Filter> ALL = List.of(NodeFilters::unschedulable, NodeFilters::taints,
            NodeFilters::affinity, NodeFilters::ports, NodeFilters::resources,
            VolumeFilter::check, TopologySpread::check, PodAffinity::check);

    /** What a machine can tell by itself; domains wider than it are judged by {@link TopologyRules}. */
    List<Filter> OWN = List.of(NodeFilters::unschedulable, NodeFilters::taints,
            NodeFilters::affinity, NodeFilters::ports, NodeFilters::resources,
            PodAffinity::unwanted);

    /** Why not; empty if the pod can run there. */
    List<Verdict> check(PodView pod, NodeView node, Surroundings around);

    /** The first filter's verdicts; empty if {@code node} will do. */
    static List<Verdict> checkAll(PodView pod, NodeView node, Surroundings around) {
        return check(ALL, pod, node, around);
    }

    /** As {@link #checkAll}, by {@link #OWN}. */
    static List<Verdict> checkOwn(PodView pod, NodeView node, Surroundings around) {
        return check(OWN, pod, node, around);
    }

    private static List<Verdict> check(List<Filter> filters, PodView pod, NodeView node,
            Surroundings around) {
        for (Filter filter : filters) {
            List<Verdict> verdicts = filter.check(pod, node, around);
            if (!verdicts.isEmpty()) {
                return verdicts;
            }
        }
        return List.of();
    }

    /**
     * A machine's no.
     *
     * @param reason in Kubernetes' words
     * @param resolvable true if other pods' end could change it
     */
    record Verdict(String reason, boolean resolvable) {
        static List<Verdict> resolvable(String reason) {
            return List.of(new Verdict(reason, true));
        }

        static List<Verdict> fixed(String reason) {
            return List.of(new Verdict(reason, false));
        }
    }
}
