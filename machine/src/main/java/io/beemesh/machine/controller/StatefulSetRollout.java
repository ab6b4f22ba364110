package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One step of a StatefulSet: makes missing ordinals, ends surplus ones, replaces outdated ones. */
final class StatefulSetRollout {
    private final Batch batch;
    private final ApiObject set;
    private final ApiObject current;
    private final ApiObject update;
    private final StatefulSetClaims claims;
    private final Map<Integer, StoredObject> stored = new TreeMap<>();
    private final TreeMap<Integer, ApiObject> pods = new TreeMap<>();
    private final boolean ordered;

    StatefulSetRollout(Store store, Batch batch, ApiObject set, ApiObject current,
            ApiObject update) {
        this.batch = batch;
        this.set = set;
        this.current = current;
        this.update = update;
        claims = new StatefulSetClaims(store, batch, set);
        ordered = StatefulSets.isOrdered(set);
    }

    /** Works; returns why a pod could not be made, or nothing. */
    String run(List<StoredObject> found) {
        for (StoredObject pod : found) {
            int ordinal = StatefulSets.ordinal(set, pod.key().name());
            stored.put(ordinal, pod);
            pods.put(ordinal, batch.edit(pod));
        }
        int first = StatefulSets.start(set);
        int end = first + Workloads.replicas(set);
        String failure = "";
        boolean blocked = false;
        for (int ordinal = first; ordinal < end && failure.isEmpty() && !blocked; ordinal++) {
            try {
                blocked = !keep(ordinal) && ordered;
            } catch (RejectedException e) {
                failure = String.valueOf(e.getMessage());
                batch.eventNow(set, Severity.WARNING, "FailedCreate", "create Pod " + set.name()
                        + "-" + ordinal + " in StatefulSet " + set.name()
                        + " failed error: " + failure);
            }
        }
        claims.keepRetention(pods, first, end);
        if (failure.isEmpty() && !blocked && !scaleDown(first, end)
                && !StatefulSets.isOnDelete(set)) {
            roll(first, end);
        }
        return failure;
    }

    /** The pods once this step is committed, in the order of their ordinals. */
    List<ApiObject> podsAfter() {
        return new ArrayList<>(pods.values());
    }

    /** Makes sure of an ordinal's pod; true if it is as it should be. */
    private boolean keep(int ordinal) throws RejectedException {
        ApiObject pod = pods.get(ordinal);
        if (pod == null) {
            create(ordinal);
            return false;
        }
        if (Pods.isTerminal(pod)) {
            if (!pod.isDeleting()) {
                delete(ordinal);
            }
            return false;
        }
        if (Pods.phase(pod).equals("Pending")) {
            claims.createMissing(ordinal);
        }
        if (!pod.isDeleting()) {
            StatefulSets.setIdentity(pod, ordinal);
        }
        return !pod.isDeleting() && StatefulSets.isAvailable(set, pod, batch.now());
    }

    private void create(int ordinal) throws RejectedException {
        ApiObject revision = revisionOf(ordinal);
        claims.createMissing(ordinal);
        JsonNode template = StatefulSetRevisions.template(revision);
        ApiObject pod = batch.create(GroupResource.PODS,
                StatefulSets.pod(set, ordinal, template, revision.name()));
        pods.put(ordinal, pod);
        batch.event(set, Severity.NORMAL, "SuccessfulCreate", "create Pod " + pod.name()
                + " in StatefulSet " + set.name() + " successful");
    }

    /** A lost pod below the partition comes back as it was. */
    private ApiObject revisionOf(int ordinal) {
        boolean rolls = !StatefulSets.isOnDelete(set);
        boolean partitioned = set.spec().path("updateStrategy").has("rollingUpdate");
        int ofCurrent = partitioned
                ? StatefulSets.partition(set)
                : set.status().path("currentReplicas").asInt(0);
        return rolls && ordinal < StatefulSets.start(set) + ofCurrent ? current : update;
    }

    /** Ends pods beyond the wanted ordinals, the highest first; true if there were any. */
    private boolean scaleDown(int first, int end) {
        List<Integer> condemned = pods.descendingKeySet().stream()
                .filter(o -> o < first || o >= end).toList();
        for (int ordinal : condemned) {
            ApiObject pod = pods.get(ordinal);
            if (pod == null) {
                continue;
            }
            if (!pod.isDeleting()) {
                if (StatefulSets.stillVotes(set, ordinal)) {
                    // Its group lets it go first; the set changes then.
                    return true;
                }
                delete(ordinal);
            }
            if (ordered) {
                return true;
            }
        }
        return ordered && !condemned.isEmpty();
    }

    /** Replaces outdated pods from the highest ordinal down, no more at a time than may be missing. */
    private void roll(int first, int end) {
        int budget = StatefulSets.maxUnavailable(set);
        for (int ordinal = end - 1; ordinal >= first; ordinal--) {
            ApiObject pod = pods.get(ordinal);
            if (pod == null || pod.isDeleting()
                    || !StatefulSets.isAvailable(set, pod, batch.now())) {
                budget--;
            }
        }
        for (int ordinal = end - 1; ordinal >= first
                + StatefulSets.partition(set); ordinal--) {
            ApiObject pod = pods.get(ordinal);
            if (pod == null || pod.isDeleting()) {
                continue;
            }
            boolean outdated = !StatefulSets.revision(pod).equals(update.name());
            boolean available = StatefulSets.isAvailable(set, pod, batch.now());
            // One that does not work already counts as missing, so its replacement costs nothing.
            if (outdated && (!available || budget > 0)) {
                delete(ordinal);
                budget -= available ? 1 : 0;
            } else if (!available && StatefulSets.maxUnavailable(set) == 1) {
                return;
            }
        }
    }

    private void delete(int ordinal) {
        StoredObject pod = stored.get(ordinal);
        if (pod == null) {
            return;
        }
        batch.delete(pod, GracefulDeletion.Options.DEFAULT);
        ApiObject left = batch.edited(pod);
        if (left.isDeleting()) {
            pods.put(ordinal, left);
        } else {
            pods.remove(ordinal);
        }
        batch.event(set, Severity.NORMAL, "SuccessfulDelete", "delete Pod " + left.name()
                + " in StatefulSet " + set.name() + " successful");
    }
}
