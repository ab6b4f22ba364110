package io.beemesh.machine.controller;

import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How many replicas each of a Deployment's ReplicaSets gets: rolling, scaled, and cleaned up. */
final class DeploymentScaling {
    private final Batch batch;
    private final ApiObject deployment;

    DeploymentScaling(Batch batch, ApiObject deployment) {
        this.batch = batch;
        this.deployment = deployment;
    }

    /** Gives {@code set} a size, and the annotations that tell a later scaling from a roll-out. */
    boolean scale(ApiObject set, int replicas, boolean record) {
        int before = Workloads.replicas(set);
        var annotations = set.metadata().withObjectProperty("annotations");
        int wanted = Workloads.replicas(deployment);
        annotations.put(Rollout.DESIRED_REPLICAS, Integer.toString(wanted));
        annotations.put(Rollout.MAX_REPLICAS,
                Integer.toString(wanted + Rollout.maxSurge(deployment)));
        if (before == replicas) {
            return false;
        }
        set.spec().put("replicas", replicas);
        if (record) {
            batch.event(deployment, Severity.NORMAL, "ScalingReplicaSet",
                    "Scaled " + (replicas > before ? "up" : "down") + " replica set "
                            + set.name() + " from " + before + " to " + replicas);
        }
        return true;
    }

    /** A step of a rolling update. */
    void roll(ApiObject newSet, List<ApiObject> old) {
        List<ApiObject> all = new ArrayList<>(old);
        all.add(newSet);
        int wanted = Workloads.replicas(deployment);
        int current = Workloads.replicas(newSet);
        int next = current > wanted
                ? wanted
                : Rollout.newSetReplicas(deployment, all, current);
        if (next != current) {
            scale(newSet, next, true);
            return;
        }
        shrinkOld(newSet, all, Rollout.active(old));
    }

    /**
     * Shrinks the old sets by what neither the wanted availability nor the new set's unready pods need:
     * unhealthy replicas first, then the oldest set's.
     */
    private void shrinkOld(ApiObject newSet, List<ApiObject> all, List<ApiObject> old) {
        if (old.isEmpty()) {
            return;
        }
        int minAvailable = Workloads.replicas(deployment) - Rollout.maxUnavailable(deployment);
        int newUnavailable = Workloads.replicas(newSet)
                - Workloads.statusCount(newSet, "availableReplicas");
        int room = Rollout.totalReplicas(all) - minAvailable - newUnavailable;
        List<ApiObject> oldest = old.stream().sorted(Rollout.OLDEST_FIRST).toList();
        for (ApiObject set : oldest) {
            int unhealthy = Workloads.replicas(set)
                    - Workloads.statusCount(set, "availableReplicas");
            int less = Math.min(room, unhealthy);
            if (less > 0) {
                scale(set, Workloads.replicas(set) - less, true);
                room -= less;
            }
        }
        int available = Rollout.totalStatus(all, "availableReplicas");
        int spare = available - minAvailable;
        for (ApiObject set : oldest) {
            int less = Math.min(spare, Workloads.replicas(set));
            if (less > 0) {
                scale(set, Workloads.replicas(set) - less, true);
                spare -= less;
            }
        }
    }

    /** Follows a change of {@code spec.replicas}, or of anything while paused. */
    void resize(Optional<ApiObject> newSet, List<ApiObject> old) {
        List<ApiObject> all = new ArrayList<>(old);
        newSet.ifPresent(all::add);
        List<ApiObject> active = Rollout.active(all);
        int wanted = Workloads.replicas(deployment);
        if (active.size() <= 1) {
            Optional<ApiObject> only = active.stream().findFirst().or(() -> newSet)
                    .or(() -> old.stream().max(Rollout.OLDEST_FIRST));
            only.ifPresent(set -> scale(set, wanted, true));
            return;
        }
        if (newSet.isPresent() && isSaturated(newSet.get())) {
            Rollout.active(old).forEach(set -> scale(set, 0, true));
            return;
        }
        if (Rollout.isRolling(deployment)) {
            Map<String, Integer> sizes = proportions(active);
            active.forEach(set -> scale(set, sizes.getOrDefault(set.name(), 0), true));
        }
    }

    private boolean isSaturated(ApiObject newSet) {
        int wanted = Workloads.replicas(deployment);
        return Workloads.replicas(newSet) == wanted
                && Rollout.annotation(newSet, Rollout.DESIRED_REPLICAS) == wanted
                && Workloads.statusCount(newSet, "availableReplicas") == wanted;
    }

    /** Spreads what is to be added or removed over the sets by their sizes, the rest to the largest. */
    private Map<String, Integer> proportions(List<ApiObject> active) {
        int wanted = Workloads.replicas(deployment);
        int allowed = wanted > 0 ? wanted + Rollout.maxSurge(deployment) : 0;
        int toAdd = allowed - Rollout.totalReplicas(active);
        Comparator<ApiObject> bySize = Comparator
                .<ApiObject>comparingInt(s -> -Workloads.replicas(s));
        List<ApiObject> order = active.stream().sorted(bySize.thenComparing(
                toAdd > 0 ? Rollout.OLDEST_FIRST.reversed() : Rollout.OLDEST_FIRST)).toList();
        Map<String, Integer> sizes = new LinkedHashMap<>();
        int added = 0;
        for (ApiObject set : order) {
            int share = toAdd == added ? 0 : share(set, toAdd, toAdd - added);
            sizes.put(set.name(), Workloads.replicas(set) + share);
            added += share;
        }
        int rest = toAdd - added;
        sizes.computeIfPresent(order.getFirst().name(), (_, size) -> Math.max(0, size + rest));
        return sizes;
    }

    private int share(ApiObject set, int toAdd, int left) {
        int wanted = Workloads.replicas(deployment);
        int size = Workloads.replicas(set);
        long before = Rollout.annotation(set, Rollout.MAX_REPLICAS);
        if (before <= 0) {
            before = Workloads.statusCount(deployment, "replicas");
        }
        int fraction = -size;
        if (wanted > 0) {
            fraction = before == 0
                    ? 0
                    : (int) Math.round((double) size * (wanted + Rollout.maxSurge(deployment))
                            / before) - size;
        }
        return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
    }
}
