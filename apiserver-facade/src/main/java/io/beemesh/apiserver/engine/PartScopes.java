package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.UpdatePipeline.Scope;
import io.beemesh.apiserver.patch.JsonValues;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the subresources that are neither status nor scale may touch. */
final class PartScopes {
    private static final String EPHEMERAL = "ephemeralContainers";

    private PartScopes() {}

    /** {@code spec.finalizers} of a namespace. */
    static final Scope FINALIZE = new Scope() {
        @Override
        public void prepare(ResourceDescriptor resource, ApiObject next, ApiObject current) {
            keepAllBut("finalizers", next, current);
        }

        @Override
        public List<FieldError> validate(ResourceDescriptor resource, ApiObject next,
                ApiObject current) {
            return List.of();
        }
    };

    /** {@code spec.ephemeralContainers} of a pod, to which some may be added. */
    static final Scope EPHEMERAL_CONTAINERS = new Scope() {
        @Override
        public void prepare(ResourceDescriptor resource, ApiObject next, ApiObject current) {
            resource.strategy().setDefaults(next);
            keepAllBut(EPHEMERAL, next, current);
        }

        @Override
        public List<FieldError> validate(ResourceDescriptor resource, ApiObject next,
                ApiObject current) {
            return ephemeralErrors(next, current);
        }
    };

    private static void keepAllBut(String specField, ApiObject next, ApiObject current) {
        JsonNode wanted = next.tree().path("spec").path(specField);
        next.tree().removeAll();
        next.tree().setAll(current.copy().tree());
        if (wanted.isMissingNode()) {
            next.spec().remove(specField);
        } else {
            next.spec().set(specField, wanted);
        }
    }

    private static List<FieldError> ephemeralErrors(ApiObject next, ApiObject current) {
        List<FieldError> errors = new ArrayList<>();
        String path = "spec." + EPHEMERAL;
        Map<String, JsonNode> wanted = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        for (String list : List.of("containers", "initContainers")) {
            current.spec().path(list).forEach(c -> taken.add(c.path("name").asText("")));
        }
        int index = 0;
        for (JsonNode container : next.spec().path(EPHEMERAL)) {
            String name = container.path("name").asText("");
            String at = path + "[" + index++ + "]";
            if (name.isEmpty()) {
                errors.add(new FieldError(FieldError.Reason.REQUIRED, at + ".name",
                        "Required value"));
            } else if (!taken.add(name)) {
                errors.add(new FieldError(FieldError.Reason.DUPLICATE, at + ".name",
                        "Duplicate value: \"" + name + "\""));
            }
            if (container.path("image").asText("").isEmpty()) {
                errors.add(new FieldError(FieldError.Reason.REQUIRED, at + ".image",
                        "Required value"));
            }
            wanted.put(name, container);
        }
        for (JsonNode old : current.spec().path(EPHEMERAL)) {
            String name = old.path("name").asText("");
            JsonNode kept = wanted.get(name);
            if (kept == null || !JsonValues.equal(kept, old)) {
                errors.add(new FieldError(FieldError.Reason.FORBIDDEN, path,
                        "Forbidden: existing ephemeral containers \"" + name + "\" may not be "
                                + (kept == null ? "removed" : "changed") + "\n"));
            }
        }
        return errors;
    }
}
