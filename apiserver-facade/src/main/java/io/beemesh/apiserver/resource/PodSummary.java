package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A pod in the words of {@code kubectl get pods}: how many containers are ready, and what it is about. */
final class PodSummary {
    private final JsonNode pod;
    private final JsonNode status;
    private final Set<String> restartable = new HashSet<>();
    private int ready;
    private int restarts;
    private String lastRestart = "";
    private String reason;

    private PodSummary(JsonNode pod) {
        this.pod = pod;
        status = pod.path("status");
        reason = status.path("phase").asText("");
    }

    static PodSummary of(JsonNode pod) {
        PodSummary summary = new PodSummary(pod);
        summary.summarize();
        return summary;
    }

    String ready() {
        int total = pod.path("spec").path("containers").size() + restartable.size();
        return ready + "/" + total;
    }

    String reason() {
        return reason;
    }

    String restarts(Instant now) {
        if (restarts == 0 || lastRestart.isEmpty()) {
            return Integer.toString(restarts);
        }
        return restarts + " (" + Durations.since(TextNode.valueOf(lastRestart), now) + " ago)";
    }

    private void summarize() {
        if (!status.path("reason").asText("").isEmpty()) {
            reason = status.path("reason").asText();
        }
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText("").equals("PodScheduled")
                    && condition.path("reason").asText("").equals("SchedulingGated")) {
                reason = "SchedulingGated";
            }
        }
        for (JsonNode container : pod.path("spec").path("initContainers")) {
            if (container.path("restartPolicy").asText("").equals("Always")) {
                restartable.add(container.path("name").asText(""));
            }
        }
        if (!initializing() || isTrue("Initialized")) {
            containers();
        }
        if (!pod.path("metadata").path("deletionTimestamp").isMissingNode()) {
            String phase = status.path("phase").asText("");
            if (status.path("reason").asText("").equals("NodeLost")) {
                reason = "Unknown";
            } else if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
                reason = "Terminating";
            }
        }
    }

    /** Counts init containers; true if the first that is not done holds the pod up. */
    private boolean initializing() {
        int sidecarRestarts = 0;
        String sidecarRestart = "";
        boolean initializing = false;
        JsonNode statuses = status.path("initContainerStatuses");
        for (int i = 0; i < statuses.size() && !initializing; i++) {
            JsonNode container = statuses.get(i);
            restarts += container.path("restartCount").asInt(0);
            String finished = lastFinished(container);
            lastRestart = later(lastRestart, finished);
            boolean sidecar = restartable.contains(container.path("name").asText(""));
            if (sidecar) {
                sidecarRestarts += container.path("restartCount").asInt(0);
                sidecarRestart = later(sidecarRestart, finished);
            }
            initializing = holdsUp(container, i, sidecar);
        }
        if (!initializing || isTrue("Initialized")) {
            restarts = sidecarRestarts;
            lastRestart = sidecarRestart;
        }
        return initializing;
    }

    private boolean holdsUp(JsonNode container, int index, boolean sidecar) {
        JsonNode terminated = container.path("state").path("terminated");
        String waiting = container.path("state").path("waiting").path("reason").asText("");
        if (terminated.isObject() && terminated.path("exitCode").asInt(0) == 0) {
            return false;
        }
        if (sidecar && container.path("started").asBoolean(false)) {
            ready += container.path("ready").asBoolean(false) ? 1 : 0;
            return false;
        }
        if (terminated.isObject()) {
            reason = "Init:" + ended(terminated);
        } else if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
            reason = "Init:" + waiting;
        } else {
            reason = "Init:" + index + "/" + pod.path("spec").path("initContainers").size();
        }
        return true;
    }

    private void containers() {
        boolean running = false;
        List<JsonNode> statuses = new ArrayList<>();
        status.path("containerStatuses").forEach(statuses::addFirst);
        for (JsonNode container : statuses) {
            restarts += container.path("restartCount").asInt(0);
            lastRestart = later(lastRestart, lastFinished(container));
            JsonNode state = container.path("state");
            String waiting = state.path("waiting").path("reason").asText("");
            if (!waiting.isEmpty()) {
                reason = waiting;
            } else if (state.path("terminated").isObject()) {
                reason = ended(state.path("terminated"));
            } else if (container.path("ready").asBoolean(false)
                    && state.path("running").isObject()) {
                running = true;
                ready++;
            }
        }
        // One that ended well does not hide that others run.
        if (reason.equals("Completed") && running) {
            reason = isTrue("Ready") ? "Running" : "NotReady";
        }
    }

    private static String ended(JsonNode terminated) {
        String reason = terminated.path("reason").asText("");
        if (!reason.isEmpty()) {
            return reason;
        }
        int signal = terminated.path("signal").asInt(0);
        return signal != 0
                ? "Signal:" + signal
                : "ExitCode:" + terminated.path("exitCode").asInt(0);
    }

    private static String lastFinished(JsonNode container) {
        return container.path("lastState").path("terminated").path("finishedAt").asText("");
    }

    // All are UTC with seconds, so that their order is that of their text.
    private static String later(String one, String other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private boolean isTrue(String conditionType) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText("").equals(conditionType)) {
                return condition.path("status").asText("").equals("True");
            }
        }
        return false;
    }

    /** How many of the readiness gates are open. */
    static String gates(JsonNode pod) {
        JsonNode gates = pod.path("spec").path("readinessGates");
        if (gates.isEmpty()) {
            return "<none>";
        }
        PodSummary summary = new PodSummary(pod);
        int open = 0;
        for (JsonNode gate : gates) {
            open += summary.isTrue(gate.path("conditionType").asText("")) ? 1 : 0;
        }
        return open + "/" + gates.size();
    }
}
