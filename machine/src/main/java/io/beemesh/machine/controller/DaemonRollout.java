package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which pods of a DaemonSet are missing, too many, or to be replaced now. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/">rolling update</a>
 */
final class DaemonRollout {
    /**
     * A node and the set's pods on it that have not ended.
     *
     * @param wanted a pod should be there
     * @param mayStay a pod that is there need not go
     * @param fresh of the present template, oldest first
     * @param old of former ones, oldest first
     * @param waits a pod that failed here is left for a while: no other is to be made yet
     */
    record Placed(String node, boolean wanted, boolean mayStay, List<StoredObject> fresh,
            List<StoredObject> old, boolean waits) {}

    private final ApiObject set;
    private final Instant now;
    private final Set<String> missing = new LinkedHashSet<>();
    private final List<StoredObject> surplus = new ArrayList<>();
    private final List<StoredObject> replaced = new ArrayList<>();
    private Duration untilAvailable = Duration.ofSeconds(-1);

    DaemonRollout(ApiObject set, List<Placed> placed, Instant now) {
        this.set = set;
        this.now = now;
        int desired = (int) placed.stream().filter(Placed::wanted).count();
        for (Placed at : placed) {
            if (at.wanted && !at.waits && at.fresh.isEmpty() && at.old.isEmpty()) {
                missing.add(at.node);
            }
            boolean stays = at.wanted || at.mayStay;
            surplus.addAll(stays ? rest(at.fresh) : at.fresh);
            surplus.addAll(stays ? rest(at.old) : at.old);
        }
        JsonNode strategy = set.tree().path("spec").path("updateStrategy");
        if (!strategy.path("type").asText("").equals("OnDelete")) {
            JsonNode rolling = strategy.path("rollingUpdate");
            int surge = Workloads.intOrPercent(rolling.path("maxSurge"), desired, true, 0);
            int unavailable = Workloads.intOrPercent(rolling.path("maxUnavailable"), desired,
                    true, 1);
            if (surge > 0) {
                surge(placed, surge);
            } else {
                replace(placed, Math.max(1, unavailable));
            }
        }
    }

    private static List<StoredObject> rest(List<StoredObject> pods) {
        List<StoredObject> staying = pods.stream().filter(p -> !p.object().isDeleting()).toList();
        return staying.size() > 1 ? staying.subList(1, staying.size()) : List.of();
    }

    /** Nodes that need a pod. */
    Set<String> missing() {
        return missing;
    }

    /** Pods that should not be where they are. */
    List<StoredObject> surplus() {
        return surplus;
    }

    /** Pods of former templates whose turn it is. */
    List<StoredObject> replaced() {
        return replaced;
    }

    /** How long until a pod becomes available by staying Ready; negative if none will. */
    Duration untilAvailable() {
        return untilAvailable;
    }

    private void replace(List<Placed> placed, int unavailableMax) {
        int unavailable = 0;
        List<StoredObject> candidates = new ArrayList<>();
        for (Placed at : placed) {
            if (!at.wanted) {
                continue;
            }
            if (at.fresh.isEmpty() && !at.old.isEmpty()) {
                StoredObject old = at.old.getFirst();
                boolean available = isAvailable(old);
                unavailable += available ? 0 : 1;
                if (available) {
                    candidates.add(old);
                } else if (!old.object().isDeleting()) {
                    // It serves nobody: its end takes nothing away.
                    replaced.add(old);
                }
            } else if (at.fresh.isEmpty() || !isAvailable(at.fresh.getFirst())) {
                unavailable++;
            }
        }
        int room = Math.max(0, unavailableMax - unavailable);
        replaced.addAll(candidates.subList(0, Math.min(room, candidates.size())));
    }

    private void surge(List<Placed> placed, int surgeMax) {
        int surging = 0;
        List<String> candidates = new ArrayList<>();
        for (Placed at : placed) {
            if (!at.wanted || at.old.isEmpty()) {
                continue;
            }
            StoredObject old = at.old.getFirst();
            if (!at.fresh.isEmpty()) {
                surging++;
                if (isAvailable(at.fresh.getFirst())) {
                    replaced.add(old);
                }
            } else if (at.waits) {
                surging++;
            } else if (isAvailable(old)) {
                candidates.add(at.node);
            } else {
                missing.add(at.node);
            }
        }
        int room = Math.max(0, surgeMax - surging);
        missing.addAll(candidates.subList(0, Math.min(room, candidates.size())));
    }

    private boolean isAvailable(StoredObject pod) {
        ApiObject object = pod.object();
        Optional<Duration> wait = Pods.untilAvailable(object, Workloads.minReadySeconds(set), now);
        if (object.isDeleting() || wait.isEmpty()) {
            return false;
        }
        Duration left = wait.get();
        if (!left.isZero()
                && (untilAvailable.isNegative() || left.compareTo(untilAvailable) < 0)) {
            untilAvailable = left;
        }
        return left.isZero();
    }

    void writeStatus(List<Placed> placed) {
        int desired = 0;
        int current = 0;
        int misscheduled = 0;
        int ready = 0;
        int available = 0;
        int updated = 0;
        for (Placed at : placed) {
            List<StoredObject> there = new ArrayList<>(at.fresh);
            there.addAll(at.old);
            desired += at.wanted ? 1 : 0;
            if (there.isEmpty() && !at.waits) {
                continue;
            }
            if (!at.wanted) {
                misscheduled++;
                continue;
            }
            current++;
            updated += at.fresh.isEmpty() ? 0 : 1;
            ready += there.stream().anyMatch(p -> Pods.isReady(p.object())) ? 1 : 0;
            available += there.stream().anyMatch(this::isAvailable) ? 1 : 0;
        }
        ObjectNode status = set.status();
        status.put("currentNumberScheduled", current);
        status.put("numberMisscheduled", misscheduled);
        status.put("desiredNumberScheduled", desired);
        status.put("numberReady", ready);
        status.put("observedGeneration", set.generation());
        ReplicaSetStatus.putCount(status, "updatedNumberScheduled", updated);
        ReplicaSetStatus.putCount(status, "numberAvailable", available);
        ReplicaSetStatus.putCount(status, "numberUnavailable", desired - available);
    }
}
