package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.ContainerState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * How a container ended.
 *
 * @param containerId with its scheme; empty if it never had one
 */
record ContainerEnd(int exitCode, String reason, String message, Instant startedAt,
        Instant finishedAt, String containerId) {
    /** 128 and SIGKILL: what is said of a container that has vanished. */
    private static final int EXIT_UNKNOWN = 137;
    private static final int EXIT_START_ERROR = 128;

    static ContainerEnd of(ContainerState state, String message, String containerId) {
        if (!state.error().isEmpty()) {
            return new ContainerEnd(EXIT_START_ERROR, "StartError", state.error(),
                    state.startedAt(), state.finishedAt(), containerId);
        }
        String reason = state.oomKilled()
                ? "OOMKilled"
                : state.exitCode() == 0 ? "Completed" : "Error";
        return new ContainerEnd(state.exitCode(), reason, message, state.startedAt(),
                state.finishedAt(), containerId);
    }

    static ContainerEnd startError(String message, Instant at, String containerId) {
        return new ContainerEnd(EXIT_START_ERROR, "StartError", message, Instant.EPOCH, at,
                containerId);
    }

    static ContainerEnd vanished(Instant startedAt, Instant at, String containerId) {
        return new ContainerEnd(EXIT_UNKNOWN, "ContainerStatusUnknown",
                "The container could not be located when the pod was terminated", startedAt, at,
                containerId);
    }

    /** As in a status. */
    ObjectNode json() {
        ObjectNode json = Json.object();
        json.put("exitCode", exitCode);
        json.put("reason", reason);
        if (!message.isEmpty()) {
            json.put("message", message);
        }
        json.put("startedAt", time(startedAt));
        json.put("finishedAt", time(finishedAt));
        if (!containerId.isEmpty()) {
            json.put("containerID", containerId);
        }
        return json;
    }

    /** From a status that this node wrote before it was restarted. */
    static ContainerEnd parse(JsonNode json) {
        return new ContainerEnd(json.path("exitCode").asInt(), json.path("reason").asText(""),
                json.path("message").asText(""), instant(json.path("startedAt")),
                instant(json.path("finishedAt")), json.path("containerID").asText(""));
    }

    /** RFC 3339 with whole seconds. */
    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static Instant instant(JsonNode node) {
        String text = node.asText("");
        return text.isEmpty() ? Instant.EPOCH : Instant.parse(text);
    }
}
