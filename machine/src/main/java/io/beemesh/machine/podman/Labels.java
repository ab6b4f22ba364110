package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.SandboxSpec;

/** The labels by which a node knows its pods and containers again. */
final class Labels {
    static final String NAMESPACE = "io.kubernetes.pod.namespace";
    static final String NAME = "io.kubernetes.pod.name";
    static final String UID = "io.kubernetes.pod.uid";
    static final String CONTAINER = "io.kubernetes.container.name";
    static final String NODE = "io.beemesh.node";
    static final String ATTEMPT = "io.beemesh.attempt";
    static final String IMAGE = "io.beemesh.image";
    /** What the image was when the container was made: its name with its digest. */
    static final String IMAGE_REFERENCE = "io.beemesh.image-reference";
    /** Of what its maker wants to know again. */
    static final String MARK = "io.beemesh.mark";
    /** Of sandboxes with a network of their own. */
    static final String ADDRESS = "io.beemesh.address";

    private Labels() {}

    static ObjectNode of(SandboxSpec.PodName pod, String node, int attempt) {
        ObjectNode labels = Json.object();
        labels.put(NAMESPACE, pod.namespace());
        labels.put(NAME, pod.name());
        labels.put(UID, pod.uid());
        labels.put(NODE, node);
        labels.put(ATTEMPT, Integer.toString(attempt));
        return labels;
    }

    static int attempt(JsonNode labels) {
        return labels.path(ATTEMPT).asInt(0);
    }

    /** A query that finds only what carries the node's label, and the pod's if {@code uid} is not empty. */
    static String filter(String node, String uid) {
        ObjectNode filters = Json.object();
        filters.putArray("label").add(NODE + "=" + node);
        if (!uid.isEmpty()) {
            filters.withArray("label").add(UID + "=" + uid);
        }
        return "filters=" + PodmanClient.encode(filters.toString());
    }

    /** The Podman pod's name: the pod's, with its namespace unless that is {@code default}. */
    static String podmanName(SandboxSpec.PodName pod) {
        return pod.namespace().equals("default")
                ? pod.name()
                : pod.name() + "." + pod.namespace();
    }
}
