package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.controller.Conditions.Condition;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a ReplicaSet's status says about its pods. Pure. */
final class ReplicaSetStatus {
    private ReplicaSetStatus() {}

    /**
     * Sets the status of {@code set}.
     *
     * @param active the pods that count as replicas
     * @param failure why a pod could not be made, or empty
     * @return how long until a pod becomes available just by staying Ready; zero if none will
     */
    static Duration update(ApiObject set, List<ApiObject> active, int terminating,
            String failure, Instant now) {
        JsonNode templateLabels = set.tree().path("spec").path("template").path("metadata")
                .path("labels");
        int labeled = 0;
        int ready = 0;
        int available = 0;
        Duration recheck = Duration.ZERO;
        for (ApiObject pod : active) {
            labeled += hasLabels(pod, templateLabels) ? 1 : 0;
            Optional<Duration> wait = Pods.untilAvailable(pod, Workloads.minReadySeconds(set),
                    now);
            if (wait.isPresent()) {
                ready++;
                if (wait.get().isZero()) {
                    available++;
                } else if (recheck.isZero() || wait.get().compareTo(recheck) < 0) {
                    recheck = wait.get();
                }
            }
        }
        ObjectNode status = set.status();
        status.put("replicas", active.size());
        putCount(status, "fullyLabeledReplicas", labeled);
        putCount(status, "readyReplicas", ready);
        putCount(status, "availableReplicas", available);
        putCount(status, "terminatingReplicas", terminating);
        status.put("observedGeneration", set.generation());
        if (failure.isEmpty()) {
            Conditions.remove(status, "ReplicaFailure");
        } else if (!Conditions.reason(status, "ReplicaFailure").equals("FailedCreate")) {
            Conditions.set(status,
                    new Condition("ReplicaFailure", "True", "FailedCreate", failure), now);
        }
        return recheck;
    }

    /** As Kubernetes leaves out what is zero. */
    static void putCount(ObjectNode status, String field, int count) {
        if (count == 0) {
            status.remove(field);
        } else {
            status.put(field, count);
        }
    }

    private static boolean hasLabels(ApiObject pod, JsonNode wanted) {
        Map<String, String> labels = pod.labels();
        return wanted.properties().stream()
                .allMatch(l -> l.getValue().asText("").equals(labels.get(l.getKey())));
    }
}
