package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Pods;

/**
 * What one side of a parted mesh says of machines that it cannot reach: taints of Nodes, and pods that are lost. It
 * says nothing of the machines, and ends with the partition. Pure.
 */
final class Unreachable {
    private static final String TAINT = "node.kubernetes.io/unreachable";

    private Unreachable() {}

    /** Whether the object says that its machine cannot be reached; its status is given apart. */
    static boolean isOut(GroupResource type, ObjectNode object, JsonNode status) {
        if (type.equals(GroupResource.PODS)) {
            return status.path("reason").asText("").equals(Pods.LOST);
        }
        return type.equals(GroupResource.NODES) && isTainted(object);
    }

    private static boolean isTainted(ObjectNode node) {
        for (JsonNode taint : node.path("spec").path("taints")) {
            if (taint.path("key").asText("").equals(TAINT)) {
                return true;
            }
        }
        return false;
    }

    /** Takes the taints of it from a Node. */
    static void forget(GroupResource type, ObjectNode object) {
        if (type.equals(GroupResource.NODES)
                && object.path("spec").path("taints") instanceof ArrayNode taints) {
            for (int i = taints.size() - 1; i >= 0; i--) {
                if (taints.get(i).path("key").asText("").equals(TAINT)) {
                    taints.remove(i);
                }
            }
            if (taints.isEmpty()) {
                object.withObjectProperty("spec").remove("taints");
            }
        }
    }
}
