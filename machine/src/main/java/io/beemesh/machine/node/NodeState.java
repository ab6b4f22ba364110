package io.beemesh.machine.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

/**
 * What a Node's conditions and taints are to be. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/reference/node/node-status/#condition">conditions</a>
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions">taints
 *     of conditions</a>
 */
final class NodeState {
    private static final String NOT_READY = "node.kubernetes.io/not-ready";
    private static final String UNREACHABLE = "node.kubernetes.io/unreachable";
    private static final String UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
    private static final List<String> EFFECTS = List.of("NoSchedule", "NoExecute");
    private static final Set<String> OWN = Set.of(NOT_READY, UNREACHABLE, UNSCHEDULABLE);

    private NodeState() {}

    /** Its machine is silent: what was said of it is not known to hold. */
    static void unknown(ApiObject node, Instant now) {
        JsonNode conditions = node.status().path("conditions");
        for (JsonNode each : conditions) {
            if (each instanceof ObjectNode condition
                    && !condition.path("status").asText().equals("Unknown")) {
                condition.put("status", "Unknown");
                condition.put("reason", "NodeStatusUnknown");
                condition.put("message", "Kubelet stopped posting node status.");
                condition.put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
            }
        }
    }

    /** The status of the condition Ready; empty if it has none. */
    static String ready(ApiObject node) {
        for (JsonNode condition : node.tree().path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    /**
     * Makes the taints agree with the conditions; those of users are left alone, but that those that end pods
     * say since when, as pods may tolerate them for a time.
     */
    static void taint(ApiObject node, Instant now) {
        JsonNode before = node.tree().path("spec").path("taints");
        ArrayNode after = Json.object().putArray("taints");
        for (JsonNode taint : before) {
            if (!OWN.contains(taint.path("key").asText())) {
                after.add(dated(taint, now));
            }
        }
        String ready = ready(node);
        if (ready.equals("Unknown")) {
            EFFECTS.forEach(effect -> add(after, before, UNREACHABLE, effect, now));
        } else if (ready.equals("False")) {
            EFFECTS.forEach(effect -> add(after, before, NOT_READY, effect, now));
        }
        if (node.tree().path("spec").path("unschedulable").asBoolean(false)) {
            add(after, before, UNSCHEDULABLE, "NoSchedule", now);
        }
        if (after.isEmpty()) {
            node.spec().remove("taints");
        } else {
            node.spec().set("taints", after);
        }
    }

    private static JsonNode dated(JsonNode taint, Instant now) {
        if (!taint.path("effect").asText().equals("NoExecute") || taint.has("timeAdded")) {
            return taint;
        }
        ObjectNode dated = taint.deepCopy();
        return dated.put("timeAdded", now.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    private static void add(ArrayNode after, JsonNode before, String key, String effect,
            Instant now) {
        for (JsonNode taint : before) {
            if (taint.path("key").asText().equals(key)
                    && taint.path("effect").asText().equals(effect)) {
                after.add(taint);
                return;
            }
        }
        after.addObject().put("key", key).put("effect", effect).put("timeAdded",
                now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
}
