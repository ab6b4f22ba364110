package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.time.Instant;
import java.util.Optional;

/** The list {@code status.conditions}: at most one of each type, with the time it last changed. */
final class Conditions {
    private Conditions() {}

    static Optional<JsonNode> find(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText("").equals(type)) {
                return Optional.of(condition);
            }
        }
        return Optional.empty();
    }

    static String reason(JsonNode status, String type) {
        return find(status, type).map(c -> c.path("reason").asText("")).orElse("");
    }

    static void remove(ObjectNode status, String type) {
        if (!(status.path("conditions") instanceof ArrayNode conditions)) {
            return;
        }
        for (int i = conditions.size() - 1; i >= 0; i--) {
            if (conditions.get(i).path("type").asText("").equals(type)) {
                conditions.remove(i);
            }
        }
        if (conditions.isEmpty()) {
            status.remove("conditions");
        }
    }

    /**
     * Sets a condition that has {@code lastUpdateTime}, as Deployments have: one of the same status and
     * reason stays as it is; one of the same status keeps its transition time.
     */
    static void setUpdated(ObjectNode status, Condition condition, Instant now) {
        JsonNode old = find(status, condition.type).orElse(null);
        if (old != null && condition.isSame(old)) {
            return;
        }
        String time = Store.timestamp(now);
        String transition = old != null && old.path("status").asText("").equals(condition.status)
                ? old.path("lastTransitionTime").asText(time)
                : time;
        remove(status, condition.type);
        ObjectNode node = Json.object();
        node.put("type", condition.type);
        node.put("status", condition.status);
        node.put("lastUpdateTime", time);
        node.put("lastTransitionTime", transition);
        node.put("reason", condition.reason);
        node.put("message", condition.message);
        status.withArrayProperty("conditions").add(node);
    }

    /** Sets a plain condition in its place, or at the end; the transition time follows the status. */
    static void set(ObjectNode status, Condition condition, Instant now) {
        ArrayNode conditions = status.withArrayProperty("conditions");
        ObjectNode node = Json.object();
        node.put("type", condition.type);
        node.put("status", condition.status);
        node.put("lastTransitionTime", Store.timestamp(now));
        if (!condition.reason.isEmpty()) {
            node.put("reason", condition.reason);
        }
        if (!condition.message.isEmpty()) {
            node.put("message", condition.message);
        }
        for (int i = 0; i < conditions.size(); i++) {
            JsonNode old = conditions.get(i);
            if (old.path("type").asText("").equals(condition.type)) {
                if (old.path("status").asText("").equals(condition.status)) {
                    node.set("lastTransitionTime", old.path("lastTransitionTime"));
                }
                conditions.set(i, node);
                return;
            }
        }
        conditions.add(node);
    }

    /** What a condition says. */
    record Condition(String type, String status, String reason, String message) {
        private boolean isSame(JsonNode old) {
            return old.path("status").asText("").equals(status)
                    && old.path("reason").asText("").equals(reason);
        }
    }
}
