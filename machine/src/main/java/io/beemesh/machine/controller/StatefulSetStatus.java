package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import java.time.Instant;
import java.util.List;

/** What a StatefulSet's status says about its pods. Pure. */
final class StatefulSetStatus {
    private StatefulSetStatus() {}

    static void update(ApiObject set, List<ApiObject> pods, ApiObject current, ApiObject update,
            Instant now) {
        int ready = 0;
        int available = 0;
        int ofCurrent = 0;
        int ofUpdate = 0;
        for (ApiObject pod : pods) {
            ready += StatefulSets.isRunningAndReady(pod) ? 1 : 0;
            available += StatefulSets.isAvailable(set, pod, now) ? 1 : 0;
            if (!pod.isDeleting()) {
                ofCurrent += StatefulSets.revision(pod).equals(current.name()) ? 1 : 0;
                ofUpdate += StatefulSets.revision(pod).equals(update.name()) ? 1 : 0;
            }
        }
        ObjectNode status = set.status();
        status.put("observedGeneration", set.generation());
        status.put("replicas", pods.size());
        ReplicaSetStatus.putCount(status, "readyReplicas", ready);
        status.put("availableReplicas", available);
        ReplicaSetStatus.putCount(status, "currentReplicas", ofCurrent);
        ReplicaSetStatus.putCount(status, "updatedReplicas", ofUpdate);
        status.put("currentRevision", current.name());
        status.put("updateRevision", update.name());
        if (!status.has("collisionCount")) {
            status.put("collisionCount", 0);
        }
        boolean rolls = !StatefulSets.isOnDelete(set);
        if (rolls && ofUpdate == pods.size() && ready == pods.size()
                && pods.size() == Workloads.replicas(set)
                && pods.stream().noneMatch(Pods::isTerminal)) {
            status.put("currentRevision", update.name());
            ReplicaSetStatus.putCount(status, "currentReplicas", ofUpdate);
        }
    }
}
