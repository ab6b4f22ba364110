package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which machines are out of reach: their Nodes say so, and this node does not hear of them itself. A Node alone may
 * say what held for the other side of a parted mesh, where its slot was led, until that is corrected.
 */
final class Machines {
    static final String UNREACHABLE = "node.kubernetes.io/unreachable";

    private final Store store;
    private final Predicate<String> hears;

    /** @param hears whether this node hears of the machine with a Node's name */
    Machines(Store store, Predicate<String> hears) {
        this.store = store;
        this.hears = hears;
    }

    /** Whether this node hears of the machine with a Node's name. */
    boolean hears(String node) {
        return hears.test(node);
    }

    boolean isOut(String node) {
        Optional<StoredObject> stored = store.get(ObjectKey.cluster(GroupResource.NODES, node));
        return stored.isPresent() && isTainted(stored.get()) && !hears(node);
    }

    private static boolean isTainted(StoredObject node) {
        for (JsonNode taint : node.object().tree().path("spec").path("taints")) {
            if (taint.path("key").asText("").equals(UNREACHABLE)) {
                return true;
            }
        }
        return false;
    }
}
