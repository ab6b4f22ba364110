package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** Checks of claims, and of the templates of claims that pods' volumes have. */
final class ClaimChecks {
    private static final List<String> TEMPLATE_METADATA = List.of("annotations", "labels");

    private ClaimChecks() {}

    /** What must be there. */
    static void spec(String path, JsonNode spec, Errors errors) {
        if (spec.path("accessModes").isEmpty()) {
            errors.required(path + ".accessModes", "at least 1 access mode is required");
        }
        if (!spec.path("resources").path("requests").has("storage")) {
            errors.required(path + ".resources[storage]", "");
        }
    }

    /** At the {@code ephemeral} of one of a pod's or a template's volumes. */
    static void ephemeralVolume(Location at, ObjectNode root, Errors errors) {
        JsonNode template = at.value().path("volumeClaimTemplate");
        String path = at.child("volumeClaimTemplate");
        if (!template.isObject()) {
            errors.required(path, "");
            return;
        }
        String metadata = path + ".metadata";
        MetadataChecks.annotations(metadata + ".annotations",
                template.path("metadata").path("annotations"), errors);
        MetadataChecks.labels(metadata + ".labels", template.path("metadata").path("labels"),
                errors);
        for (Map.Entry<String, JsonNode> field : template.path("metadata").properties()) {
            JsonNode value = field.getValue();
            boolean isSet = value.isContainerNode()
                    ? !value.isEmpty()
                    : !value.isNull() && !value.asText("").isEmpty();
            if (isSet && !TEMPLATE_METADATA.contains(field.getKey())) {
                errors.forbidden(metadata + "." + field.getKey(), "cannot be set");
            }
        }
        spec(path + ".spec", template.path("spec"), errors);
        claimName(at, root, errors);
    }

    /** The claim is named after the pod, which a template does not know. */
    private static void claimName(Location at, ObjectNode root, Errors errors) {
        String pod = root.path("metadata").path("name").asText("");
        String volume = at.parent().path("name").asText("");
        String path = at.path().substring(0, at.path().lastIndexOf('.')) + ".name";
        if (path.startsWith("spec.volumes[") && !pod.isEmpty() && !volume.isEmpty()) {
            String name = pod + "-" + volume;
            Names.dnsSubdomain(name).forEach(
                    m -> errors.invalid(path, volume, "PVC name \"" + name + "\": " + m));
        }
    }
}
