package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks of one container or volume that look at more than one field. */
final class ContainerFields {
    private static final String MODE = "must be a number between 0 and 0777 (octal), both inclusive";
    private static final Set<String> STANDARD = Set.of("cpu", "memory", "ephemeral-storage");
    private static final Set<String> FIELDS = Set.of("metadata.name", "metadata.namespace",
            "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
            "status.hostIPs", "status.podIP", "status.podIPs");

    private ContainerFields() {}

    /** At a container of any kind. */
    static void container(Location at, Errors errors) {
        JsonNode container = at.value();
        JsonNode image = container.path("image");
        if (!image.asText("").equals(image.asText("").strip())) {
            errors.invalid(at.child("image"), image,
                    "must not have leading or trailing whitespace");
        }
        resources(at.child("resources"), container.path("resources"), errors);
        environment(at, errors);
        SecurityChecks.container(at.child("securityContext"), container.path("securityContext"),
                errors);
        for (String hook : List.of("postStart", "preStop")) {
            JsonNode handler = container.path("lifecycle").path(hook);
            if (handler.isObject() && handler.isEmpty()) {
                errors.required(at.child("lifecycle." + hook), "must specify a handler type");
            }
        }
    }

    /** At an init container. */
    static void init(Location at, Errors errors) {
        if (at.value().path("restartPolicy").asText("").equals("Always")) {
            return;
        }
        for (String field : List.of("lifecycle", "livenessProbe", "readinessProbe",
                "startupProbe")) {
            if (at.value().has(field)) {
                errors.forbidden(at.child(field),
                        "may not be set for init containers without restartPolicy=Always");
            }
        }
    }

    private static void resources(String path, JsonNode resources, Errors errors) {
        for (String list : List.of("limits", "requests")) {
            for (Map.Entry<String, JsonNode> entry : resources.path(list).properties()) {
                String name = entry.getKey();
                if (!name.contains("/") && !STANDARD.contains(name)
                        && !name.startsWith("hugepages-")) {
                    String where = path + "." + list + "[" + name + "]";
                    errors.invalid(where, name,
                            "must be a standard resource type or fully qualified");
                    errors.invalid(where, name, "must be a standard resource for containers");
                }
            }
        }
        for (Map.Entry<String, JsonNode> entry : resources.path("requests").properties()) {
            String name = entry.getKey();
            JsonNode limit = resources.path("limits").path(name);
            if (STANDARD.contains(name) || !name.contains("/")) {
                continue;
            }
            if (limit.isMissingNode()) {
                errors.required(path + ".limits",
                        "Limit must be set for non overcommitable resources");
            } else if (!Quantities.of(limit).equals(Quantities.of(entry.getValue()))) {
                errors.invalid(path + ".requests", entry.getValue(),
                        "must be equal to " + name + " limit of " + limit.asText(""));
            }
        }
    }

    private static void environment(Location at, Errors errors) {
        JsonNode sources = at.value().path("envFrom");
        for (int i = 0; i < sources.size(); i++) {
            int kinds = 0;
            for (String ref : List.of("configMapRef", "secretRef")) {
                JsonNode source = sources.get(i).path(ref);
                kinds += source.isObject() ? 1 : 0;
                if (source.isObject() && source.path("name").asText("").isEmpty()) {
                    errors.required(at.child("envFrom[" + i + "]." + ref + ".name"), "");
                }
            }
            if (kinds != 1) {
                errors.invalid(at.child("envFrom"), "", kinds == 0
                        ? "must specify one of: `configMapRef` or `secretRef`"
                        : "may not have more than one field specified at a time");
            }
        }
        JsonNode variables = at.value().path("env");
        for (int i = 0; i < variables.size(); i++) {
            JsonNode field = variables.get(i).path("valueFrom").path("fieldRef")
                    .path("fieldPath");
            if (!field.asText("").isEmpty()) {
                field(at.child("env[" + i + "].valueFrom.fieldRef.fieldPath"), field, errors);
            }
        }
    }

    private static void field(String path, JsonNode field, Errors errors) {
        String text = field.asText("");
        boolean subscript = text.matches("metadata\\.(labels|annotations)\\['.*'\\]");
        if (!subscript && !FIELDS.contains(text)) {
            errors.invalid(path, field,
                    "error converting fieldPath: field label not supported: " + text);
        }
    }

    /** At a volume. */
    static void volume(Location at, Errors errors) {
        JsonNode hostPath = at.value().path("hostPath").path("path");
        backSteps(at.child("hostPath.path"), hostPath, errors);
        for (String source : List.of("configMap", "secret", "downwardAPI", "projected")) {
            files(at.child(source), at.value().path(source), errors);
        }
        JsonNode sources = at.value().path("projected").path("sources");
        for (int i = 0; i < sources.size(); i++) {
            String path = at.child("projected.sources[" + i + "]");
            for (String source : List.of("configMap", "secret", "downwardAPI")) {
                files(path + "." + source, sources.get(i).path(source), errors);
            }
        }
    }

    private static void files(String path, JsonNode source, Errors errors) {
        mode(path + ".defaultMode", source.path("defaultMode"), errors);
        JsonNode items = source.path("items");
        for (int i = 0; i < items.size(); i++) {
            String item = path + ".items[" + i + "]";
            boolean ofKeys = !path.endsWith("downwardAPI");
            if (ofKeys && items.get(i).path("key").asText("").isEmpty()) {
                errors.required(item + ".key", "");
            }
            JsonNode target = items.get(i).path("path");
            String text = target.asText("");
            if (text.isEmpty()) {
                errors.required(item + ".path", "");
            }
            if (text.startsWith("/")) {
                errors.invalid(item + ".path", target, "must be a relative path");
            }
            backSteps(item + ".path", target, errors);
            if (text.startsWith("..") && !text.startsWith("../")) {
                errors.invalid(item + ".path", target, "must not start with '..'");
            }
            mode(item + ".mode", items.get(i).path("mode"), errors);
        }
    }

    /** A path that leads out of where it begins. */
    static void backSteps(String path, JsonNode target, Errors errors) {
        if (List.of(target.asText("").split("/", -1)).contains("..")) {
            errors.invalid(path, target, "must not contain '..'");
        }
    }

    private static void mode(String path, JsonNode mode, Errors errors) {
        if (mode.isNumber() && (mode.asLong() < 0 || mode.asLong() > 0777)) {
            errors.invalid(path, mode, MODE);
        }
    }
}
