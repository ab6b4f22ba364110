package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Defaults that depend on more than a sibling. */
final class DefaultFunctions {
    private DefaultFunctions() {}

    /** Applies the function that a table calls {@code $name}. */
    static void apply(String name, Location at) {
        switch (name) {
            case "pullPolicyOfImage" -> pullPolicy(at, "image");
            case "pullPolicyOfReference" -> pullPolicy(at, "reference");
            case "requestsFromLimits" -> requestsFromLimits(at);
            case "emptyDirIfNoSource" -> {
                if (at.value() instanceof ObjectNode volume && volume.size() == 1) {
                    volume.putObject("emptyDir");
                }
            }
            case "hostPorts" -> hostPorts(at.parent());
            case "podQuality" -> at.parent().withObjectProperty(at.field()).put("qosClass",
                    PodQuality.of(at.parent()));
            case "namespaceLabel" -> namespaceLabel(at.parent());
            case "namespaceFinalizer" -> namespaceFinalizer(at.parent());
            case "jobCounts" -> {
                if (at.value() instanceof ObjectNode spec) {
                    JobRules.setCounts(spec);
                }
            }
            case "jobSelector" -> JobRules.generateSelector(at.parent());
            case "limitRangeItem" -> limitRangeItem(at);
            case "policyTypes" -> policyTypes(at);
            case "templateLabels" -> templateLabels(at);
            case "secretData" -> SecretRules.mergeStringData(at.parent());
            case "targetPort" -> {
                if (at.isEmpty() || (at.value().isInt() && at.value().asInt() == 0)) {
                    at.parent().set(at.field(), at.parent().path("port").deepCopy());
                }
            }
            case "allocatable" -> {
                if (at.isAbsent() && at.parent().has("capacity")) {
                    at.parent().set(at.field(), at.parent().path("capacity").deepCopy());
                }
            }
            case "bindingGroups" -> RoleChecks.groups(at.parent());
            case "drop" -> at.parent().remove(at.field());
            default -> throw new IllegalStateException("no function is called $" + name);
        }
    }

    private static void pullPolicy(Location at, String imageField) {
        if (at.isEmpty()) {
            String image = at.parent().path(imageField).asText("");
            at.parent().put(at.field(),
                    tag(image).equals("latest") ? "Always" : "IfNotPresent");
        }
    }

    /** The tag of an image reference; {@code latest} where there is neither tag nor digest. */
    static String tag(String image) {
        int digest = image.indexOf('@');
        String name = digest < 0 ? image : image.substring(0, digest);
        int colon = name.lastIndexOf(':');
        if (colon > name.lastIndexOf('/')) {
            return name.substring(colon + 1);
        }
        return digest < 0 ? "latest" : "";
    }

    private static void requestsFromLimits(Location at) {
        JsonNode limits = at.value().path("limits");
        if (at.value() instanceof ObjectNode resources && limits.isObject()) {
            merge(resources.withObjectProperty("requests"), limits);
        }
    }

    private static void merge(ObjectNode into, JsonNode from) {
        for (Map.Entry<String, JsonNode> entry : from.properties()) {
            if (!into.has(entry.getKey())) {
                into.set(entry.getKey(), entry.getValue().deepCopy());
            }
        }
    }

    // spec is the parent: with the host's network a port is the host's too.
    private static void hostPorts(ObjectNode spec) {
        if (!spec.path("hostNetwork").asBoolean(false)) {
            return;
        }
        for (String list : new String[]{"containers", "initContainers"}) {
            for (JsonNode container : spec.path(list)) {
                for (JsonNode port : container.path("ports")) {
                    if (port instanceof ObjectNode fields
                            && fields.path("hostPort").asInt(0) == 0) {
                        fields.set("hostPort", fields.path("containerPort").deepCopy());
                    }
                }
            }
        }
    }

    private static void namespaceLabel(ObjectNode namespace) {
        JsonNode name = namespace.path("metadata").path("name");
        if (!name.asText("").isEmpty()) {
            namespace.withObjectProperty("metadata").withObjectProperty("labels")
                    .put("kubernetes.io/metadata.name", name.asText());
        }
    }

    private static void namespaceFinalizer(ObjectNode namespace) {
        ObjectNode spec = namespace.withObjectProperty("spec");
        for (JsonNode finalizer : spec.path("finalizers")) {
            if (finalizer.asText("").equals("kubernetes")) {
                return;
            }
        }
        spec.withArrayProperty("finalizers").add("kubernetes");
    }

    private static void limitRangeItem(Location at) {
        if (at.value() instanceof ObjectNode item
                && item.path("type").asText("").equals("Container")) {
            merge(item.withObjectProperty("default"), item.path("max"));
            merge(item.withObjectProperty("defaultRequest"), item.path("default"));
            merge(item.withObjectProperty("defaultRequest"), item.path("min"));
        }
    }

    // A ReplicationController without labels has those of its pods; at metadata.labels.
    private static void templateLabels(Location at) {
        JsonNode labels = at.root().path("spec").path("template").path("metadata").path("labels");
        if (at.isEmpty() && !labels.isEmpty()) {
            at.parent().set(at.field(), labels.deepCopy());
        }
    }

    // A NetworkPolicy is about what comes in, and about what goes out if it says something of that.
    private static void policyTypes(Location at) {
        if (at.isEmpty()) {
            ArrayNode types = at.parent().putArray(at.field()).add("Ingress");
            if (!at.parent().path("egress").isEmpty()) {
                types.add("Egress");
            }
        }
    }
}
