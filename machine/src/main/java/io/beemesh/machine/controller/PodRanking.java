package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which of a ReplicaSet's pods go first when there are too many: those whose loss costs least. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset">scaling
 *     a ReplicaSet</a>
 */
final class PodRanking {
    private static final String COST = "controller.kubernetes.io/pod-deletion-cost";

    private PodRanking() {}

    /**
     * {@code pods}, the first to be deleted first.
     *
     * @param related all pods of the same Deployment, these included: of two like pods the one on the
     *     more crowded node goes
     */
    static List<ApiObject> deletionOrder(List<ApiObject> pods, List<ApiObject> related,
            Instant now) {
        Map<String, Integer> crowd = new HashMap<>();
        for (ApiObject pod : related) {
            if (Pods.isActive(pod)) {
                crowd.merge(Pods.nodeName(pod), 1, Integer::sum);
            }
        }
        List<ApiObject> order = new ArrayList<>(pods);
        order.sort(Comparator.<ApiObject, Boolean>comparing(p -> !Pods.nodeName(p).isEmpty())
                .thenComparingInt(p -> phaseRank(Pods.phase(p)))
                .thenComparing(Pods::isReady)
                .thenComparingInt(PodRanking::deletionCost)
                .thenComparingInt(p -> -crowd.getOrDefault(Pods.nodeName(p), 0))
                .thenComparingInt(p -> ageBucket(Pods.readySince(p).orElse(now), now))
                .thenComparingInt(p -> -restarts(p))
                .thenComparingInt(p -> ageBucket(p.creationTimestamp().orElse(now), now))
                .thenComparing(ApiObject::uid));
        return order;
    }

    private static int phaseRank(String phase) {
        return switch (phase) {
            case "Pending" -> 0;
            case "Unknown" -> 1;
            default -> 2;
        };
    }

    private static int deletionCost(ApiObject pod) {
        String cost = pod.tree().path("metadata").path("annotations").path(COST).asText("0");
        try {
            return Integer.parseInt(cost);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Ages are compared by their order of magnitude, so that scaling down does not pick on one zone. */
    private static int ageBucket(Instant since, Instant now) {
        long seconds = Math.max(0, Duration.between(since, now).toSeconds());
        return Long.SIZE - Long.numberOfLeadingZeros(seconds);
    }

    private static int restarts(ApiObject pod) {
        int most = 0;
        for (JsonNode status : pod.tree().path("status").path("containerStatuses")) {
            most = Math.max(most, status.path("restartCount").asInt(0));
        }
        return most;
    }
}
