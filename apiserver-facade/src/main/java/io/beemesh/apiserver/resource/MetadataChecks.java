package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The rules of {@code metadata}, which every kind has. */
final class MetadataChecks {
    static final String IMMUTABLE = "field is immutable";
    private static final int ANNOTATIONS_BYTES_MAX = 256 * 1024;

    private MetadataChecks() {}

    /** @param nameKind as in a table's {@code name} line; empty for objects without a name */
    static void create(ApiObject object, String nameKind, Errors errors) {
        if (!nameKind.isEmpty()) {
            Function<String, List<String>> rule = nameRule(nameKind);
            String base = object.tree().path("metadata").path("generateName").asText("");
            if (!base.isEmpty()) {
                rule.apply(maskTrailingDash(base))
                        .forEach(m -> errors.invalid("metadata.generateName", base, m));
            }
            if (object.name().isEmpty()) {
                errors.required("metadata.name", "name or generateName is required");
            } else {
                rule.apply(object.name())
                        .forEach(m -> errors.invalid("metadata.name", object.name(), m));
            }
        }
        common(object, errors);
        JsonNode finalizers = object.tree().path("metadata").path("finalizers");
        for (JsonNode finalizer : finalizers) {
            Names.qualified(finalizer.asText(""))
                    .forEach(m -> errors.invalid("metadata.finalizers", finalizer, m));
        }
        List<String> names = texts(finalizers);
        if (names.contains("orphan") && names.contains("foregroundDeletion")) {
            errors.invalid("metadata.finalizers", finalizers,
                    "finalizer orphan and foregroundDeletion cannot be both set");
        }
    }

    static void update(ApiObject next, ApiObject current, Errors errors) {
        if (current.isDeleting()) {
            List<String> added = new ArrayList<>(
                    texts(next.tree().path("metadata").path("finalizers")));
            added.removeAll(texts(current.tree().path("metadata").path("finalizers")));
            if (!added.isEmpty()) {
                errors.forbidden("metadata.finalizers",
                        "no new finalizers can be added if the object is being deleted, found new "
                                + "finalizers []string{" + String.join(", ",
                                        added.stream().sorted().map(f -> '"' + f + '"').toList())
                                + "}");
            }
        }
        for (String field : List.of("name", "namespace", "uid", "creationTimestamp")) {
            JsonNode value = next.tree().path("metadata").path(field);
            if (!value.equals(current.tree().path("metadata").path(field))) {
                errors.invalid("metadata." + field, value, IMMUTABLE);
            }
        }
        common(next, errors);
    }

    private static void common(ApiObject object, Errors errors) {
        JsonNode metadata = object.tree().path("metadata");
        labels("metadata.labels", metadata.path("labels"), errors);
        annotations("metadata.annotations", metadata.path("annotations"), errors);
        owners(metadata.path("ownerReferences"), errors);
    }

    static void annotations(String path, JsonNode annotations, Errors errors) {
        long bytes = 0;
        for (Map.Entry<String, JsonNode> entry : annotations.properties()) {
            bytes += entry.getKey().length() + entry.getValue().asText("").length();
            Names.annotationKey(entry.getKey())
                    .forEach(m -> errors.invalid(path, entry.getKey(), m));
        }
        if (bytes > ANNOTATIONS_BYTES_MAX) {
            errors.tooLong(path, ANNOTATIONS_BYTES_MAX);
        }
    }

    /** The rules of labels, and of a selector's matchLabels. */
    static void labels(String path, JsonNode labels, Errors errors) {
        for (Map.Entry<String, JsonNode> entry : labels.properties()) {
            Names.qualified(entry.getKey())
                    .forEach(m -> errors.invalid(path, entry.getKey(), m));
            Names.labelValue(entry.getValue().asText(""))
                    .forEach(m -> errors.invalid(path, entry.getValue(), m));
        }
    }

    private static void owners(JsonNode owners, Errors errors) {
        String controller = "";
        for (JsonNode owner : owners) {
            for (String field : List.of("apiVersion", "kind", "name", "uid")) {
                if (owner.path(field).asText("").isEmpty()) {
                    errors.invalid("metadata.ownerReferences." + field, "",
                            field.equals("apiVersion")
                                    ? "version must not be empty"
                                    : "must not be empty");
                }
            }
            if (owner.path("controller").asBoolean(false)) {
                String name = owner.path("kind").asText("") + "/" + owner.path("name").asText("");
                if (!controller.isEmpty()) {
                    errors.invalid("metadata.ownerReferences", owners,
                            "Only one reference can have Controller set to true. Found \"true\" in "
                                    + "references for " + controller + " and " + name);
                } else {
                    controller = name;
                }
            }
        }
    }

    private static Function<String, List<String>> nameRule(String kind) {
        return switch (kind) {
            case "dnsLabel" -> Names::dnsLabel;
            case "dnsSubdomain" -> Names::dnsSubdomain;
            case "dns1035" -> Names::dns1035Label;
            case "path" -> Names::pathSegment;
            default -> throw new IllegalStateException("no rule for names is called " + kind);
        };
    }

    // What is to be a prefix may end in a dash, as five more characters follow.
    private static String maskTrailingDash(String prefix) {
        return prefix.length() > 1 && prefix.endsWith("-")
                ? prefix.substring(0, prefix.length() - 2) + "a"
                : prefix;
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(item.asText("")));
        return texts;
    }
}
