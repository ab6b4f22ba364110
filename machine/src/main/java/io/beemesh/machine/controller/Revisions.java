package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How a Deployment's history is kept in its ReplicaSets. Pure. */
final class Revisions {
    private static final int HISTORY_CHARACTERS_MAX = 2000;
    private static final int NAME_LENGTH_MAX = 253;
    private static final Set<String> NOT_COPIED = Set.of(
            "kubectl.kubernetes.io/last-applied-configuration", Rollout.REVISION,
            Rollout.REVISION_HISTORY, Rollout.DESIRED_REPLICAS, Rollout.MAX_REPLICAS,
            "deprecated.deployment.rollback.to");

    private Revisions() {}

    /** The ReplicaSet of the Deployment's template, with the hash in its name, labels and selector. */
    static ApiObject newSet(ApiObject deployment) {
        ObjectNode template = deployment.spec().withObjectProperty("template").deepCopy();
        String hash = Workloads.hash(template,
                deployment.status().path("collisionCount").asLong(0));
        template.withObjectProperty("metadata").withObjectProperty("labels")
                .put(Rollout.HASH_LABEL, hash);
        ObjectNode tree = Json.object();
        tree.put("kind", "ReplicaSet");
        tree.put("apiVersion", "apps/v1");
        ObjectNode metadata = tree.putObject("metadata");
        int baseLength = Math.min(deployment.name().length(),
                NAME_LENGTH_MAX - 1 - hash.length());
        metadata.put("name", deployment.name().substring(0, baseLength) + "-" + hash);
        metadata.put("namespace", deployment.namespace());
        metadata.set("labels", template.path("metadata").path("labels").deepCopy());
        metadata.putArray("ownerReferences").add(Workloads.controllerReference(deployment));
        ObjectNode spec = tree.putObject("spec");
        if (Workloads.minReadySeconds(deployment) > 0) {
            spec.put("minReadySeconds", Workloads.minReadySeconds(deployment));
        }
        ObjectNode selector = deployment.spec().withObjectProperty("selector").deepCopy();
        selector.withObjectProperty("matchLabels").put(Rollout.HASH_LABEL, hash);
        spec.set("selector", selector);
        spec.set("template", template);
        return new ApiObject(tree);
    }

    /**
     * Copies the Deployment's annotations, and makes {@code revision} the set's unless it has a later
     * one; an earlier one of its own, as after a rollback, goes to its history.
     */
    static void annotate(ApiObject deployment, ApiObject set, long revision) {
        ObjectNode annotations = set.metadata().withObjectProperty("annotations");
        for (Map.Entry<String, String> a : deployment.annotations().entrySet()) {
            if (!NOT_COPIED.contains(a.getKey())) {
                annotations.put(a.getKey(), a.getValue());
            }
        }
        String old = annotations.path(Rollout.REVISION).asText("");
        long before = Rollout.annotation(set, Rollout.REVISION);
        if ((!old.isEmpty() && before < 0) || before >= revision) {
            return;
        }
        annotations.put(Rollout.REVISION, Long.toString(revision));
        if (!old.isEmpty()) {
            addToHistory(annotations, old);
        }
    }

    private static void addToHistory(ObjectNode annotations, String revision) {
        String history = annotations.path(Rollout.REVISION_HISTORY).asText("");
        ArrayDeque<String> revisions = new ArrayDeque<>();
        if (!history.isEmpty()) {
            revisions.addAll(List.of(history.split(",", -1)));
        }
        revisions.add(revision);
        String text = String.join(",", revisions);
        while (text.length() > HISTORY_CHARACTERS_MAX && revisions.size() > 1) {
            revisions.remove();
            text = String.join(",", revisions);
        }
        annotations.put(Rollout.REVISION_HISTORY, text);
    }
}
