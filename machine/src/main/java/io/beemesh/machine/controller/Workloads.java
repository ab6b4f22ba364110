package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.SyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/** What controllers of pods have in common: templates, owner references, replica counts. Pure. */
final class Workloads {
    /** Kubernetes' alphabet for names: no vowels, no look-alikes. */
    static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int FNV_PRIME = 0x01000193;
    private static final int FNV_OFFSET = 0x811c9dc5;

    private Workloads() {}

    /**
     * What a workload selects, by a LabelSelector or, of a ReplicationController, by labels alone; one
     * that cannot be read selects nothing.
     */
    static LabelSelector selector(JsonNode selector) {
        boolean labels = !selector.isEmpty() && !selector.has("matchLabels")
                && !selector.has("matchExpressions");
        try {
            return labels
                    ? LabelSelector.ofLabels(ApiObject.strings(selector))
                    : LabelSelector.of(selector);
        } catch (SyntaxException e) {
            return LabelSelector.nothing();
        }
    }

    /** As {@link #selector}, but an absent one selects everything. */
    static LabelSelector selectorOrAll(JsonNode selector) {
        return selector.isObject() ? selector(selector) : LabelSelector.everything();
    }

    /** {@code spec.replicas}, 1 if absent. */
    static int replicas(ApiObject workload) {
        return workload.tree().path("spec").path("replicas").asInt(1);
    }

    static int statusCount(ApiObject workload, String field) {
        return workload.tree().path("status").path(field).asInt(0);
    }

    static int minReadySeconds(ApiObject workload) {
        return workload.tree().path("spec").path("minReadySeconds").asInt(0);
    }

    /** A whole number or a percentage of {@code total}; {@code otherwise} if absent. */
    static int intOrPercent(JsonNode value, int total, boolean roundUp, int otherwise) {
        if (value.isInt()) {
            return value.asInt();
        }
        String text = value.asText("");
        if (!text.endsWith("%")) {
            return otherwise;
        }
        long hundredths = Long.parseLong(text.substring(0, text.length() - 1)) * total;
        return Math.toIntExact(roundUp ? Math.ceilDiv(hundredths, 100) : hundredths / 100);
    }

    /** A pod as the template says, owned by {@code owner}; without a name. */
    static ApiObject podOf(ApiObject owner, JsonNode template) {
        ObjectNode tree = Json.object();
        tree.put("kind", "Pod");
        tree.put("apiVersion", "v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("namespace", owner.namespace());
        JsonNode given = template.path("metadata");
        for (String field : new String[]{"labels", "annotations", "finalizers"}) {
            if (!given.path(field).isEmpty()) {
                metadata.set(field, given.path(field).deepCopy());
            }
        }
        metadata.putArray("ownerReferences").add(controllerReference(owner));
        tree.set("spec", template.path("spec").deepCopy());
        return new ApiObject(tree);
    }

    static ObjectNode controllerReference(ApiObject owner) {
        ObjectNode reference = Json.object();
        reference.put("apiVersion", owner.apiVersion());
        reference.put("kind", owner.kind());
        reference.put("name", owner.name());
        reference.put("uid", owner.uid());
        reference.put("controller", true);
        reference.put("blockOwnerDeletion", true);
        return reference;
    }

    /** True if {@code object} was given an owner that controls it. */
    static void adopt(ApiObject object, ApiObject owner) {
        object.metadata().withArrayProperty("ownerReferences").add(controllerReference(owner));
    }

    /** Takes the reference to {@code owner} away. */
    static void release(ApiObject object, ApiObject owner) {
        var references = object.metadata().withArrayProperty("ownerReferences");
        for (int i = references.size() - 1; i >= 0; i--) {
            if (references.get(i).path("uid").asText("").equals(owner.uid())) {
                references.remove(i);
            }
        }
        if (references.isEmpty()) {
            object.metadata().remove("ownerReferences");
        }
    }

    /** A short name for the content of {@code tree}, whatever the order of its fields. */
    static String hash(JsonNode tree, long collisionCount) {
        int hash = FNV_OFFSET;
        for (byte b : Json.write(sorted(tree))) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        for (int i = 0; i < Long.BYTES; i++) {
            hash = (hash ^ (int) ((collisionCount >>> (8 * i)) & 0xff)) * FNV_PRIME;
        }
        StringBuilder safe = new StringBuilder();
        for (byte b : Integer.toUnsignedString(hash).getBytes(StandardCharsets.US_ASCII)) {
            safe.append(ALPHABET.charAt(b % ALPHABET.length()));
        }
        return safe.toString();
    }

    private static JsonNode sorted(JsonNode node) {
        if (node.isArray()) {
            var array = Json.object().arrayNode();
            node.forEach(n -> array.add(sorted(n)));
            return array;
        }
        if (!node.isObject()) {
            return node;
        }
        TreeMap<String, JsonNode> fields = new TreeMap<>();
        node.properties().forEach(f -> fields.put(f.getKey(), sorted(f.getValue())));
        ObjectNode object = Json.object();
        fields.forEach(object::set);
        return object;
    }
}
