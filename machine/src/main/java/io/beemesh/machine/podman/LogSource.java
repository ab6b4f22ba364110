package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.agent.PodStreams.PodRef;
import io.beemesh.machine.agent.PodStreams.PodStreamException;

/**
 * Which container's log is meant, or in Kubernetes' words why there is none.
 *
 * @param attempt counts the containers of this name from 0
 * @param running whether more may come
 */
record LogSource(String id, int attempt, boolean running) {

    static LogSource of(PodRef pod, JsonNode status, boolean previous)
            throws PodStreamException {
        JsonNode state = status.path("state");
        JsonNode last = status.path("lastState").path("terminated");
        int restarts = status.path("restartCount").asInt(0);
        String name = "container \"" + status.path("name").asText() + "\" in pod \"" + pod.name()
                + "\"";
        if (previous) {
            if (!last.has("containerID")) {
                throw bad("previous terminated " + name + " not found");
            }
            // While it waits to be started again, the last one is the one that is counted.
            return new LogSource(id(last),
                    state.has("waiting") ? restarts : Math.max(0, restarts - 1), false);
        }
        if (state.has("running")) {
            return new LogSource(PodmanStreams.id(status), restarts, true);
        }
        if (state.path("terminated").has("containerID")) {
            return new LogSource(id(state.path("terminated")), restarts, false);
        }
        if (last.has("containerID")) {
            return new LogSource(id(last), restarts, false);
        }
        if (state.has("terminated") || !last.isMissingNode()) {
            throw bad(name + " is terminated");
        }
        String reason = state.path("waiting").path("reason").asText("");
        throw bad(switch (reason) {
            case "" -> name + " is waiting to start - no logs yet";
            case "ErrImagePull" -> name + " is waiting to start: image can't be pulled";
            case "ImagePullBackOff" -> name
                    + " is waiting to start: trying and failing to pull image";
            default -> name + " is waiting to start: " + reason;
        });
    }

    private static String id(JsonNode terminated) {
        return PodmanStreams.id(terminated);
    }

    private static PodStreamException bad(String message) {
        return new PodStreamException(PodStreamException.Reason.BAD_REQUEST, message);
    }
}
