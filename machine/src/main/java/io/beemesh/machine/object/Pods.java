package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Questions that many parts ask about a pod. Pure. */
public final class Pods {
    /** The reason in the status of a pod whose machine is out of reach. */
    public static final String LOST = "NodeLost";

    private Pods() {}

    /** {@code Pending} if absent. */
    public static String phase(ApiObject pod) {
        return pod.tree().path("status").path("phase").asText("Pending");
    }

    /** The machine that the pod is bound to is out of reach: another runs in its place meanwhile. */
    public static boolean isLost(ApiObject pod) {
        return pod.tree().path("status").path("reason").asText("").equals(LOST);
    }

    /** Succeeded or Failed: it never runs again. */
    public static boolean isTerminal(ApiObject pod) {
        return isTerminal(phase(pod));
    }

    /** The same of a phase. */
    public static boolean isTerminal(String phase) {
        return phase.equals("Succeeded") || phase.equals("Failed");
    }

    /** Neither terminal nor being deleted: it counts as a replica. */
    public static boolean isActive(ApiObject pod) {
        return !isTerminal(pod) && !pod.isDeleting();
    }

    public static boolean isReady(ApiObject pod) {
        return condition(pod, "Ready").map(c -> c.path("status").asText("").equals("True"))
                .orElse(false);
    }

    /** When {@code Ready} last changed to True; empty if it is not True. */
    public static Optional<Instant> readySince(ApiObject pod) {
        if (!isReady(pod)) {
            return Optional.empty();
        }
        return condition(pod, "Ready").map(c -> c.path("lastTransitionTime").asText(""))
                .filter(t -> !t.isEmpty()).map(Instant::parse);
    }

    /**
     * How long until the pod is available, that is Ready for {@code minReadySeconds}: zero if it is,
     * empty if it is not even Ready.
     */
    public static Optional<Duration> untilAvailable(ApiObject pod, long minReadySeconds,
            Instant now) {
        if (!isReady(pod)) {
            return Optional.empty();
        }
        if (minReadySeconds == 0) {
            return Optional.of(Duration.ZERO);
        }
        Instant since = readySince(pod).orElse(now);
        Duration left = Duration.between(now, since.plusSeconds(minReadySeconds));
        return Optional.of(left.isNegative() ? Duration.ZERO : left);
    }

    /** Empty while no node is chosen. */
    public static String nodeName(ApiObject pod) {
        return pod.tree().path("spec").path("nodeName").asText("");
    }

    /** The condition of that type. */
    public static Optional<JsonNode> condition(ApiObject pod, String type) {
        for (JsonNode condition : pod.tree().path("status").path("conditions")) {
            if (condition.path("type").asText("").equals(type)) {
                return Optional.of(condition);
            }
        }
        return Optional.empty();
    }
}
