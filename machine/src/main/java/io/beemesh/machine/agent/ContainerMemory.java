package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.ContainerState;
import org.jspecify.annotations.Nullable;

/** What is known of one container of a pod, and how its status tells it. */
final class ContainerMemory {
    private final String name;
    private @Nullable ContainerState current;
    private @Nullable ContainerEnd end;
    private @Nullable ContainerEnd last;
    private String runtimeName = "";
    private String waitingReason = "";
    private String waitingMessage = "";
    private boolean readingEnd;
    /** Of a sandbox that the pod had before. */
    private boolean earlier;
    private int attemptNext;
    private String knownId = "";
    private boolean knownStarted;
    private boolean knownReady;

    ContainerMemory(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    /** Recalls what the status said before this node was restarted. */
    void recall(JsonNode status, String scheme) {
        runtimeName = scheme;
        knownId = status.path("containerID").asText("");
        knownStarted = status.path("started").asBoolean(false);
        knownReady = status.path("ready").asBoolean(false);
        if (!knownId.isEmpty()) {
            attemptNext = status.path("restartCount").asInt(0) + 1;
        }
        JsonNode terminated = status.path("state").path("terminated");
        JsonNode previous = status.path("lastState").path("terminated");
        if (!terminated.isMissingNode()) {
            end = ContainerEnd.parse(terminated);
        } else if (status.path("state").has("waiting") && !previous.isMissingNode()) {
            end = ContainerEnd.parse(previous);
        }
        if (!previous.isMissingNode()) {
            last = ContainerEnd.parse(previous);
        }
    }

    /** True if the status said that the container with this id had started. */
    boolean wasStarted(String id) {
        return knownStarted && knownId.equals(scheme(id));
    }

    boolean wasReady() {
        return knownReady;
    }

    @Nullable
    ContainerState current() {
        return current;
    }

    /** A container of this name, running or ended; forgets what was waited for if it runs. */
    void current(ContainerState state) {
        current = state;
        earlier = false;
        attemptNext = Math.max(attemptNext, state.attempt() + 1);
        if (state.isRunning()) {
            ContainerEnd before = end;
            last = before == null ? last : before;
            end = null;
            waitingReason = "";
            waitingMessage = "";
        }
    }

    /** True if the runtime has or had a container of this name in the sandbox that the pod has now. */
    boolean isOfSandbox() {
        return current != null && !earlier;
    }

    /**
     * The pod has another sandbox.
     *
     * @param anew what it did is of no use there
     */
    void sandboxReplaced(boolean anew) {
        earlier = true;
        ContainerEnd before = end;
        if (anew && before != null) {
            last = before;
            end = null;
        }
    }

    /** How the latest container ended, unless one runs. */
    @Nullable
    ContainerEnd end() {
        return end;
    }

    void ended(ContainerState state, ContainerEnd how) {
        ContainerEnd before = end;
        if (before != null && !before.containerId().equals(how.containerId())) {
            last = before;
        }
        current = new ContainerState(state.id(), state.podUid(), state.name(), state.attempt(),
                ContainerState.Status.EXITED, how.exitCode(), state.oomKilled(),
                state.startedAt(), how.finishedAt(), state.image(), state.imageId(),
                state.error(), state.stopSignal(), state.mark());
        end = how;
        waitingReason = "";
        waitingMessage = "";
    }

    /** The container never came to be, because its pod failed before. */
    void endUnstarted(ContainerEnd how) {
        end = how;
        waitingReason = "";
    }

    boolean isReadingEnd() {
        return readingEnd;
    }

    void readingEnd(boolean reading) {
        readingEnd = reading;
    }

    /** Counts containers of this name from 0. */
    int nextAttempt() {
        return attemptNext;
    }

    void waiting(String reason, String message) {
        waitingReason = reason;
        waitingMessage = message;
    }

    void waitingDefault() {
        waiting("", "");
    }

    boolean isWaitingFor(String reason) {
        return waitingReason.equals(reason);
    }

    /** With its scheme; empty if there was none. */
    String containerId() {
        ContainerState known = current;
        return known == null ? knownId : scheme(known.id());
    }

    private String scheme(String id) {
        return runtimeName + "://" + id;
    }

    /**
     * Its entry in a pod's status.
     *
     * @param waitingOtherwise the reason to wait if it has none of its own
     * @param hookRunning it runs, but its postStart hook has not ended
     */
    ObjectNode status(JsonNode spec, String waitingOtherwise, boolean hookRunning, boolean started,
            boolean ready) {
        ContainerState known = current;
        ContainerEnd ended = end;
        boolean running = known != null && known.isRunning();
        ObjectNode status = Json.object();
        status.put("name", name);
        ObjectNode state = status.putObject("state");
        ContainerEnd previous = last;
        if (known != null && running && !hookRunning && waitingReason.isEmpty()) {
            state.putObject("running").put("startedAt", ContainerEnd.time(known.startedAt()));
        } else if (!running && ended != null && waitingReason.isEmpty()) {
            state.set("terminated", ended.json());
        } else {
            ObjectNode waiting = state.putObject("waiting");
            waiting.put("reason", waitingReason.isEmpty() ? waitingOtherwise : waitingReason);
            if (!waitingMessage.isEmpty()) {
                waiting.put("message", waitingMessage);
            }
            previous = !running && ended != null ? ended : previous;
        }
        ObjectNode lastState = status.putObject("lastState");
        if (previous != null) {
            lastState.set("terminated", previous.json());
        }
        status.put("ready", ready);
        status.put("restartCount", known == null
                ? Math.max(0, attemptNext - 1)
                : known.attempt());
        status.put("image", spec.path("image").asText(""));
        status.put("imageID", known == null ? "" : known.imageId());
        if (!containerId().isEmpty()) {
            status.put("containerID", containerId());
        }
        status.put("started", started);
        return status;
    }
}
