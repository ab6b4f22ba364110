package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.NodeMatch;
import io.beemesh.machine.object.Pods;
import java.util.List;

/** Which nodes a DaemonSet wants a pod on, and how that pod looks. Pure. */
final class DaemonPods {
    static final String REVISION_LABEL = "controller-revision-hash";
    private static final String NAME_FIELD = "metadata.name";
    private static final String PREFIX = "node.kubernetes.io/";
    private static final List<String> LOST = List.of("not-ready", "unreachable");
    private static final List<String> TROUBLED = List.of("disk-pressure", "memory-pressure",
            "pid-pressure", "unschedulable");

    private DaemonPods() {}

    /** True if a pod should be made on the node. */
    static boolean shouldRun(ApiObject set, ApiObject node) {
        return fits(set, node, List.of("NoSchedule", "NoExecute"));
    }

    /** True if a pod that is on the node may stay. */
    static boolean mayStay(ApiObject set, ApiObject node) {
        return fits(set, node, List.of("NoExecute"));
    }

    private static boolean fits(ApiObject set, ApiObject node, List<String> effects) {
        JsonNode spec = template(set).path("spec");
        String asked = spec.path("nodeName").asText("");
        if ((!asked.isEmpty() && !asked.equals(node.name()))
                || !NodeMatch.selects(spec, node.labels(), node.name())) {
            return false;
        }
        ArrayNode tolerations = tolerations(spec);
        for (JsonNode taint : node.tree().path("spec").path("taints")) {
            if (effects.contains(taint.path("effect").asText(""))
                    && !NodeMatch.tolerates(tolerations, taint)) {
                return false;
            }
        }
        return true;
    }

    /** The pod for a node, for which the scheduler has no choice; without a name. */
    static ApiObject pod(ApiObject set, JsonNode template, String node, String hash) {
        ApiObject pod = Workloads.podOf(set, template);
        pod.metadata().withObjectProperty("labels").put(REVISION_LABEL, hash);
        ObjectNode spec = pod.spec();
        spec.set("tolerations", tolerations(spec));
        ObjectNode required = spec.withObjectProperty("affinity")
                .withObjectProperty("nodeAffinity")
                .withObjectProperty("requiredDuringSchedulingIgnoredDuringExecution");
        ArrayNode terms = required.withArrayProperty("nodeSelectorTerms");
        if (terms.isEmpty()) {
            terms.addObject();
        }
        for (JsonNode term : terms) {
            ObjectNode field = ((ObjectNode) term).putArray("matchFields").addObject();
            field.put("key", NAME_FIELD).put("operator", "In").putArray("values").add(node);
        }
        return pod;
    }

    /** The node that a pod of a DaemonSet is on or for; empty if it says none. */
    static String nodeOf(ApiObject pod) {
        if (!Pods.nodeName(pod).isEmpty()) {
            return Pods.nodeName(pod);
        }
        JsonNode terms = pod.tree().path("spec").path("affinity").path("nodeAffinity")
                .path("requiredDuringSchedulingIgnoredDuringExecution").path("nodeSelectorTerms");
        for (JsonNode field : terms.path(0).path("matchFields")) {
            if (field.path("key").asText("").equals(NAME_FIELD)) {
                return field.path("values").path(0).asText("");
            }
        }
        return "";
    }

    private static ArrayNode tolerations(JsonNode spec) {
        ArrayNode all = Json.object().arrayNode();
        spec.path("tolerations").forEach(t -> all.add(t.deepCopy()));
        LOST.forEach(taint -> add(all, taint, "NoExecute"));
        TROUBLED.forEach(taint -> add(all, taint, "NoSchedule"));
        if (spec.path("hostNetwork").asBoolean(false)) {
            add(all, "network-unavailable", "NoSchedule");
        }
        return all;
    }

    private static void add(ArrayNode tolerations, String taint, String effect) {
        ObjectNode wanted = Json.object().put("key", PREFIX + taint).put("effect", effect);
        if (!NodeMatch.tolerates(tolerations, wanted)) {
            tolerations.addObject().put("effect", effect).put("key", PREFIX + taint)
                    .put("operator", "Exists");
        }
    }

    private static JsonNode template(ApiObject set) {
        return set.tree().path("spec").path("template");
    }
}
