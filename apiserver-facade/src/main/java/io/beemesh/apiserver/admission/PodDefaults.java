package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import java.util.Map;

/**
 * What Kubernetes' admission plugins ServiceAccount, Priority and DefaultTolerationSeconds do to a new
 * pod. Pure.
 */
final class PodDefaults {
    private static final int TOLERATION_SECONDS = 300;
    private static final String[] LOST = {"node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable"};
    private static final Map<String, Integer> PRIORITIES = Map.of("system-node-critical",
            2_000_001_000, "system-cluster-critical", 2_000_000_000);

    private PodDefaults() {}

    /** Returns why nobody may make this pod, or nothing. */
    static String apply(ApiObject pod) {
        ObjectNode spec = pod.spec();
        if (spec.path("serviceAccountName").asText("").isEmpty()) {
            spec.put("serviceAccountName", "default");
        }
        spec.set("serviceAccount", spec.path("serviceAccountName"));
        for (String taint : LOST) {
            if (!tolerates(spec.path("tolerations"), taint)) {
                ArrayNode tolerations = spec.withArrayProperty("tolerations");
                tolerations.addObject().put("key", taint).put("operator", "Exists")
                        .put("effect", "NoExecute").put("tolerationSeconds", TOLERATION_SECONDS);
            }
        }
        return priority(spec);
    }

    private static String priority(ObjectNode spec) {
        String name = spec.path("priorityClassName").asText("");
        Integer priority = name.isEmpty() ? Integer.valueOf(0) : PRIORITIES.get(name);
        if (priority == null) {
            return "no PriorityClass with name " + name + " was found";
        }
        if (spec.has("priority") && spec.path("priority").asInt() != priority) {
            return "the integer value of priority (" + spec.path("priority").asInt()
                    + ") must not be provided in pod spec; priority admission controller computed "
                    + priority + " from the given PriorityClass name";
        }
        spec.put("priority", priority);
        if (spec.path("preemptionPolicy").asText("").isEmpty()) {
            spec.put("preemptionPolicy", "PreemptLowerPriority");
        }
        return "";
    }

    private static boolean tolerates(JsonNode tolerations, String taint) {
        for (JsonNode toleration : tolerations) {
            String key = toleration.path("key").asText("");
            String effect = toleration.path("effect").asText("");
            if ((key.equals(taint) || key.isEmpty())
                    && (effect.equals("NoExecute") || effect.isEmpty())) {
                return true;
            }
        }
        return false;
    }
}
