package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The conditions that the node keeps on a pod, beside those that others have put there.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions">pod
 *     conditions</a>
 */
final class PodConditions {
    private static final String COMPLETED = "PodCompleted";

    private final ApiObject pod;
    private final JsonNode spec;
    private final JsonNode old;
    private final ObjectNode status;
    private final String now;

    /** @param status the new status, with phase and container statuses in it */
    PodConditions(ApiObject pod, ObjectNode status, Instant now) {
        this.pod = pod;
        this.spec = pod.tree().path("spec");
        this.old = pod.tree().path("status").path("conditions");
        this.status = status;
        this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private record Verdict(boolean holds, String reason, String message) {
        static final Verdict TRUE = new Verdict(true, "", "");
    }

    /** Puts the list into the status. */
    void write(boolean sandboxReady) {
        ArrayNode conditions = Json.object().arrayNode();
        Verdict containersReady = containersReady();
        put(conditions, "PodReadyToStartContainers", new Verdict(sandboxReady, "", ""));
        put(conditions, "Initialized", initialized());
        put(conditions, "Ready", ready(containersReady));
        put(conditions, "ContainersReady", containersReady);
        put(conditions, "PodScheduled", Verdict.TRUE);
        for (JsonNode condition : old) {
            if (find(conditions, condition.path("type").asText()).isMissingNode()) {
                conditions.add(condition);
            }
        }
        status.set("conditions", conditions);
    }

    private void put(ArrayNode conditions, String type, Verdict verdict) {
        JsonNode before = find(old, type);
        String value = verdict.holds() ? "True" : "False";
        ObjectNode condition = Json.object();
        condition.put("type", type);
        if (pod.generation() > 0) {
            condition.put("observedGeneration", pod.generation());
        }
        condition.put("status", value);
        condition.putNull("lastProbeTime");
        condition.put("lastTransitionTime", before.path("status").asText("").equals(value)
                ? before.path("lastTransitionTime").asText(now)
                : now);
        if (!verdict.reason().isEmpty()) {
            condition.put("reason", verdict.reason());
        }
        if (!verdict.message().isEmpty()) {
            condition.put("message", verdict.message());
        }
        conditions.add(condition);
    }

    private Verdict initialized() {
        List<String> unknown = new ArrayList<>();
        List<String> incomplete = new ArrayList<>();
        for (JsonNode container : spec.path("initContainers")) {
            String name = container.path("name").asText();
            JsonNode state = PodPhase.status(status.path("initContainerStatuses"), name);
            String field = RestartRule.isSidecar(container) ? "started" : "ready";
            if (state.isMissingNode()) {
                unknown.add(name);
            } else if (!state.path(field).asBoolean(false)) {
                incomplete.add(name);
            }
        }
        if (phase().equals(PodPhase.SUCCEEDED) && unknown.isEmpty()) {
            return new Verdict(true, COMPLETED, "");
        }
        if (anyMainStarted(status)) {
            return Verdict.TRUE;
        }
        return verdict("ContainersNotInitialized", unknown, "incomplete", incomplete);
    }

    /** Whether any regular container has been started, now or before. */
    static boolean anyMainStarted(JsonNode status) {
        for (JsonNode container : status.path("containerStatuses")) {
            JsonNode state = container.path("state");
            if (state.has("running") || state.has("terminated")
                    || container.path("lastState").has("terminated")) {
                return true;
            }
        }
        return false;
    }

    private Verdict containersReady() {
        List<String> unknown = new ArrayList<>();
        List<String> unready = new ArrayList<>();
        for (JsonNode container : spec.path("initContainers")) {
            if (RestartRule.isSidecar(container)) {
                sort(container, "initContainerStatuses", unknown, unready);
            }
        }
        for (JsonNode container : spec.path("containers")) {
            sort(container, "containerStatuses", unknown, unready);
        }
        if (phase().equals(PodPhase.SUCCEEDED) && unknown.isEmpty()) {
            return new Verdict(false, COMPLETED, "");
        }
        if (phase().equals(PodPhase.FAILED)) {
            return new Verdict(false, "PodFailed", "");
        }
        return verdict("ContainersNotReady", unknown, "unready", unready);
    }

    private void sort(JsonNode container, String list, List<String> unknown,
            List<String> unready) {
        String name = container.path("name").asText();
        JsonNode state = PodPhase.status(status.path(list), name);
        if (state.isMissingNode()) {
            unknown.add(name);
        } else if (!state.path("ready").asBoolean(false)) {
            unready.add(name);
        }
    }

    private Verdict ready(Verdict containersReady) {
        if (!containersReady.holds()) {
            return containersReady;
        }
        List<String> messages = new ArrayList<>();
        for (JsonNode gate : spec.path("readinessGates")) {
            String type = gate.path("conditionType").asText();
            JsonNode condition = find(old, type);
            String value = condition.path("status").asText("");
            if (condition.isMissingNode()) {
                messages.add("corresponding condition of pod readiness gate \"" + type
                        + "\" does not exist.");
            } else if (!value.equals("True")) {
                messages.add("the status of pod readiness gate \"" + type
                        + "\" is not \"True\", but " + value);
            }
        }
        return messages.isEmpty()
                ? Verdict.TRUE
                : new Verdict(false, "ReadinessGatesNotReady", String.join(", ", messages));
    }

    private static Verdict verdict(String reason, List<String> unknown, String kind,
            List<String> others) {
        List<String> messages = new ArrayList<>();
        if (!unknown.isEmpty()) {
            messages.add("containers with unknown status: " + goList(unknown));
        }
        if (!others.isEmpty()) {
            messages.add("containers with " + kind + " status: " + goList(others));
        }
        return messages.isEmpty()
                ? Verdict.TRUE
                : new Verdict(false, reason, String.join(", ", messages));
    }

    private static String goList(List<String> names) {
        return "[" + String.join(" ", names) + "]";
    }

    private String phase() {
        return status.path("phase").asText("");
    }

    private static JsonNode find(JsonNode conditions, String type) {
        for (JsonNode condition : conditions) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        return MissingNode.getInstance();
    }
}
