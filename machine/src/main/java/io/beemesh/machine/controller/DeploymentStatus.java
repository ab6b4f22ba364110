package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.controller.Conditions.Condition;
import io.beemesh.machine.object.ApiObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a Deployment's status says about its ReplicaSets and its progress. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status">Deployment
 *     status</a>
 */
final class DeploymentStatus {
    private static final String PROGRESSING = "Progressing";
    private static final String TIMED_OUT = "ProgressDeadlineExceeded";
    private static final String AVAILABLE = "NewReplicaSetAvailable";

    private DeploymentStatus() {}

    /** Sets counts and the condition Available. */
    static void count(ApiObject deployment, List<ApiObject> all, Optional<ApiObject> newSet,
            Instant now) {
        ObjectNode status = deployment.status();
        int available = Rollout.totalStatus(all, "availableReplicas");
        status.put("observedGeneration", deployment.generation());
        ReplicaSetStatus.putCount(status, "replicas", Rollout.totalStatus(all, "replicas"));
        ReplicaSetStatus.putCount(status, "updatedReplicas",
                newSet.map(s -> Workloads.statusCount(s, "replicas")).orElse(0));
        ReplicaSetStatus.putCount(status, "readyReplicas",
                Rollout.totalStatus(all, "readyReplicas"));
        ReplicaSetStatus.putCount(status, "availableReplicas", available);
        ReplicaSetStatus.putCount(status, "unavailableReplicas",
                Math.max(0, Rollout.totalReplicas(all) - available));
        ReplicaSetStatus.putCount(status, "terminatingReplicas",
                Rollout.totalStatus(all, "terminatingReplicas"));
        boolean enough = available >= Workloads.replicas(deployment)
                - Rollout.maxUnavailable(deployment);
        Conditions.setUpdated(status, enough
                ? new Condition("Available", "True", "MinimumReplicasAvailable",
                        "Deployment has minimum availability.")
                : new Condition("Available", "False", "MinimumReplicasUnavailable",
                        "Deployment does not have minimum availability."),
                now);
    }

    /**
     * Sets the condition Progressing after {@link #count}.
     *
     * @param before the status before this step
     * @return when to look whether the deadline has passed; zero if there is nothing to look for
     */
    static Duration progress(ApiObject deployment, JsonNode before, Optional<ApiObject> newSet,
            Instant now) {
        ObjectNode status = deployment.status();
        if (!Rollout.hasProgressDeadline(deployment)) {
            Conditions.remove(status, PROGRESSING);
            return Duration.ZERO;
        }
        boolean finished = status.path("replicas").asInt(0) == status.path("updatedReplicas")
                .asInt(0)
                && Conditions.reason(status, PROGRESSING).equals(AVAILABLE);
        if (finished) {
            return Duration.ZERO;
        }
        String subject = newSet.map(s -> "ReplicaSet \"" + s.name() + "\"")
                .orElse("Deployment \"" + deployment.name() + "\"");
        if (Rollout.isComplete(deployment, status)) {
            Conditions.setUpdated(status, new Condition(PROGRESSING, "True",
                    AVAILABLE, subject + " has successfully progressed."), now);
            return Duration.ZERO;
        }
        if (hasProgressed(status, before)) {
            noteProgress(status, subject + " is progressing.", now);
        } else if (isTimedOut(deployment, now)) {
            Conditions.setUpdated(status, new Condition(PROGRESSING, "False", TIMED_OUT,
                    subject + " has timed out progressing."), now);
        }
        return untilDeadline(deployment, now);
    }

    private static boolean hasProgressed(JsonNode status, JsonNode before) {
        return count(status, "updatedReplicas") > count(before, "updatedReplicas")
                || count(status, "replicas") - count(status, "updatedReplicas") < count(before,
                        "replicas") - count(before, "updatedReplicas")
                || count(status, "readyReplicas") > count(before, "readyReplicas")
                || count(status, "availableReplicas") > count(before, "availableReplicas");
    }

    /** Any progress moves the update time, even if the reason stays. */
    private static void noteProgress(ObjectNode status, String message, Instant now) {
        Optional<JsonNode> old = Conditions.find(status, PROGRESSING)
                .filter(c -> c.path("status").asText("").equals("True"));
        Conditions.remove(status, PROGRESSING);
        Conditions.setUpdated(status,
                new Condition(PROGRESSING, "True", "ReplicaSetUpdated", message), now);
        old.ifPresent(o -> Conditions.find(status, PROGRESSING).ifPresent(
                c -> ((ObjectNode) c).set("lastTransitionTime", o.path("lastTransitionTime"))));
    }

    private static boolean isTimedOut(ApiObject deployment, Instant now) {
        String reason = Conditions.reason(deployment.status(), PROGRESSING);
        return reason.equals(TIMED_OUT) || (!reason.isEmpty() && !reason.equals(AVAILABLE)
                && untilDeadline(deployment, now).isZero());
    }

    private static Duration untilDeadline(ApiObject deployment, Instant now) {
        ObjectNode status = deployment.status();
        Optional<JsonNode> progressing = Conditions.find(status, PROGRESSING);
        String reason = Conditions.reason(status, PROGRESSING);
        // A roll-out that has shown no sign of life yet is not timed by the last one's end.
        if (progressing.isEmpty() || reason.equals(TIMED_OUT) || reason.equals(AVAILABLE)) {
            return Duration.ZERO;
        }
        Instant since = Instant.parse(progressing.get().path("lastUpdateTime").asText(""));
        Duration left = Duration.between(now,
                since.plusSeconds(Rollout.progressDeadlineSeconds(deployment)));
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Sets the condition ReplicaFailure to what the ReplicaSets say, the new one first. */
    static void failures(ApiObject deployment, List<ApiObject> all, Optional<ApiObject> newSet,
            Instant now) {
        Optional<JsonNode> failure = newSet
                .flatMap(s -> Conditions.find(s.status(), "ReplicaFailure"));
        for (ApiObject set : all) {
            failure = failure.or(() -> Conditions.find(set.status(), "ReplicaFailure"));
        }
        if (failure.isEmpty()) {
            Conditions.remove(deployment.status(), "ReplicaFailure");
            return;
        }
        JsonNode found = failure.get();
        Conditions.setUpdated(deployment.status(),
                new Condition("ReplicaFailure", found.path("status").asText("True"),
                        found.path("reason").asText(""), found.path("message").asText("")),
                now);
    }

    /** Sets the conditions of pausing and resuming. */
    static void paused(ApiObject deployment, Instant now) {
        ObjectNode status = deployment.status();
        String reason = Conditions.reason(status, PROGRESSING);
        if (!Rollout.hasProgressDeadline(deployment) || reason.equals(TIMED_OUT)) {
            return;
        }
        boolean noted = reason.equals("DeploymentPaused");
        if (Rollout.isPaused(deployment) && !noted) {
            Conditions.setUpdated(status, new Condition(PROGRESSING, "Unknown",
                    "DeploymentPaused", "Deployment is paused"), now);
        } else if (!Rollout.isPaused(deployment) && noted) {
            Conditions.setUpdated(status, new Condition(PROGRESSING, "Unknown",
                    "DeploymentResumed", "Deployment is resumed"), now);
        }
    }

    private static int count(JsonNode status, String field) {
        return status.path(field).asInt(0);
    }
}
