package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;

/**
 * The phase that follows from what a pod's containers do.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase">pod phase</a>
 */
final class PodPhase {
    static final String PENDING = "Pending";
    static final String RUNNING = "Running";
    static final String SUCCEEDED = "Succeeded";
    static final String FAILED = "Failed";

    private final JsonNode spec;
    private int pendingInit;
    private int pendingSidecars;
    private int failedInit;
    private int unknown;
    private int running;
    private int waiting;
    private int stopped;
    private int notRestartable;
    private int succeeded;

    private PodPhase(JsonNode spec) {
        this.spec = spec;
    }

    static boolean isTerminal(String phase) {
        return phase.equals(SUCCEEDED) || phase.equals(FAILED);
    }

    /**
     * The phase.
     *
     * @param terminal the pod is being stopped for good, so that nothing is started again
     * @param initialised the init containers have been through before
     */
    static String of(JsonNode spec, JsonNode initStatuses, JsonNode statuses, boolean terminal,
            boolean initialised) {
        PodPhase phase = new PodPhase(spec);
        for (JsonNode container : spec.path("initContainers")) {
            JsonNode status = status(initStatuses, container.path("name").asText());
            if (RestartRule.isSidecar(container)) {
                phase.countSidecar(status);
            } else {
                phase.countInit(container, status);
            }
        }
        for (JsonNode container : spec.path("containers")) {
            phase.countMain(container, status(statuses, container.path("name").asText()));
        }
        return phase.decide(terminal, initialised);
    }

    /** The status of a container in a list, or a missing node. */
    static JsonNode status(JsonNode statuses, String name) {
        for (JsonNode status : statuses) {
            if (status.path("name").asText().equals(name)) {
                return status;
            }
        }
        return MissingNode.getInstance();
    }

    private void countInit(JsonNode container, JsonNode status) {
        JsonNode ended = status.path("state").path("terminated");
        if (status.path("state").has("waiting")) {
            ended = status.path("lastState").path("terminated");
        }
        if (ended.isMissingNode()) {
            pendingInit++;
        } else if (ended.path("exitCode").asInt() != 0
                && !RestartRule.restarts(spec, container, ended.path("exitCode").asInt())) {
            failedInit++;
        }
    }

    private void countSidecar(JsonNode status) {
        JsonNode state = status.path("state");
        if (state.has("running")) {
            if (!status.path("started").asBoolean(false)) {
                pendingSidecars++;
            }
            running++;
        } else if (state.has("waiting")) {
            if (!status.path("lastState").has("terminated")) {
                pendingSidecars++;
                waiting++;
            }
        } else if (status.isMissingNode()) {
            unknown++;
        } else if (!state.has("terminated")) {
            pendingSidecars++;
            unknown++;
        }
    }

    private void countMain(JsonNode container, JsonNode status) {
        JsonNode state = status.path("state");
        JsonNode ended = state.path("terminated");
        if (state.has("waiting")) {
            ended = status.path("lastState").path("terminated");
        }
        if (state.has("running")) {
            running++;
        } else if (!ended.isMissingNode()) {
            stopped++;
            int exitCode = ended.path("exitCode").asInt();
            if (!RestartRule.restarts(spec, container, exitCode)) {
                notRestartable++;
            }
            if (state.has("terminated") && exitCode == 0) {
                succeeded++;
            }
        } else if (state.has("waiting")) {
            waiting++;
        } else {
            unknown++;
        }
    }

    private String decide(boolean terminal, boolean initialised) {
        if (failedInit > 0) {
            return FAILED;
        }
        if (pendingInit > 0 || (pendingSidecars > 0 && !initialised) || waiting > 0) {
            return PENDING;
        }
        if (running > 0 && unknown == 0) {
            return RUNNING;
        }
        if (running > 0 || stopped == 0 || unknown > 0) {
            return PENDING;
        }
        if (!terminal && stopped != notRestartable) {
            return RUNNING;
        }
        return stopped == succeeded ? SUCCEEDED : FAILED;
    }
}
