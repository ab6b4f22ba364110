package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** A Deployment's strategy in numbers, and the questions it asks of its ReplicaSets. Pure. */
final class Rollout {
    static final String HASH_LABEL = "pod-template-hash";
    static final String REVISION = "deployment.kubernetes.io/revision";
    static final String REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
    static final String DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
    static final String MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";
    /** Kubernetes' value for "no deadline". */
    static final int NO_LIMIT = Integer.MAX_VALUE;
    static final Comparator<ApiObject> OLDEST_FIRST = Comparator.<ApiObject, Instant>comparing(
            r -> r.creationTimestamp().orElse(Instant.EPOCH)).thenComparing(ApiObject::name);

    private Rollout() {}

    static boolean isRolling(ApiObject deployment) {
        return !strategy(deployment).path("type").asText("RollingUpdate").equals("Recreate");
    }

    private static JsonNode strategy(ApiObject deployment) {
        return deployment.tree().path("spec").path("strategy");
    }

    /** How many more pods than wanted there may be. */
    static int maxSurge(ApiObject deployment) {
        return isRolling(deployment)
                ? Workloads.intOrPercent(strategy(deployment).path("rollingUpdate")
                        .path("maxSurge"), Workloads.replicas(deployment), true, 1)
                : 0;
    }

    /** How many fewer available pods than wanted there may be; not zero if there is no surge either. */
    static int maxUnavailable(ApiObject deployment) {
        int replicas = Workloads.replicas(deployment);
        if (!isRolling(deployment) || replicas == 0) {
            return 0;
        }
        int unavailable = Workloads.intOrPercent(
                strategy(deployment).path("rollingUpdate").path("maxUnavailable"), replicas,
                false, 0);
        if (unavailable == 0 && maxSurge(deployment) == 0) {
            unavailable = 1;
        }
        return Math.min(unavailable, replicas);
    }

    static boolean isPaused(ApiObject deployment) {
        return deployment.tree().path("spec").path("paused").asBoolean(false);
    }

    static int progressDeadlineSeconds(ApiObject deployment) {
        return deployment.tree().path("spec").path("progressDeadlineSeconds").asInt(NO_LIMIT);
    }

    static boolean hasProgressDeadline(ApiObject deployment) {
        return progressDeadlineSeconds(deployment) != NO_LIMIT;
    }

    /** The ReplicaSet whose template is the Deployment's; the oldest, should there be several. */
    static Optional<ApiObject> newSet(ApiObject deployment, List<ApiObject> sets) {
        JsonNode template = deployment.tree().path("spec").path("template");
        return sets.stream().filter(s -> hasTemplate(s, template)).min(OLDEST_FIRST);
    }

    static boolean hasTemplate(ApiObject set, JsonNode template) {
        return withoutHash(set.tree().path("spec").path("template"))
                .equals(withoutHash(template));
    }

    private static JsonNode withoutHash(JsonNode template) {
        JsonNode copy = template.deepCopy();
        if (copy.path("metadata").path("labels") instanceof ObjectNode labels) {
            labels.remove(HASH_LABEL);
        }
        if (copy.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove("creationTimestamp");
        }
        return copy;
    }

    static int totalReplicas(List<ApiObject> sets) {
        return sets.stream().mapToInt(Workloads::replicas).sum();
    }

    static int totalStatus(List<ApiObject> sets, String field) {
        return sets.stream().mapToInt(s -> Workloads.statusCount(s, field)).sum();
    }

    static List<ApiObject> active(List<ApiObject> sets) {
        return sets.stream().filter(s -> Workloads.replicas(s) > 0).toList();
    }

    /** An annotation that is a number; -1 if absent or something else. */
    static long annotation(ApiObject object, String name) {
        String text = object.tree().path("metadata").path("annotations").path(name).asText("");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    static long maxRevision(List<ApiObject> sets) {
        return sets.stream().mapToLong(s -> annotation(s, REVISION)).filter(r -> r > 0).max()
                .orElse(0);
    }

    /** How many replicas the new set may have while the old ones have theirs. */
    static int newSetReplicas(ApiObject deployment, List<ApiObject> all, int current) {
        int replicas = Workloads.replicas(deployment);
        if (!isRolling(deployment)) {
            return replicas;
        }
        int total = totalReplicas(all);
        int max = replicas + maxSurge(deployment);
        return total >= max
                ? current
                : current + Math.min(max - total, replicas - current);
    }

    /** True once all pods are of the new template and available, and no other is left. */
    static boolean isComplete(ApiObject deployment, JsonNode status) {
        int replicas = Workloads.replicas(deployment);
        return status.path("updatedReplicas").asInt(0) == replicas
                && status.path("replicas").asInt(0) == replicas
                && status.path("availableReplicas").asInt(0) == replicas
                && status.path("observedGeneration").asLong(0) >= deployment.generation();
    }
}
