package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Rules of updates that compare more than one field, by the name that tables call them. */
final class UpdateChecks {
    private UpdateChecks() {}

    static void apply(String name, ObjectNode next, ObjectNode current, Errors errors) {
        switch (name) {
            case "immutableData" -> ImmutableData.check(next, current, errors);
            case "podSpec" -> PodUpdate.check(next, current, errors);
            case "statefulSetSpec" -> StatefulSetUpdate.check(next, current, errors);
            case "serviceAddress" -> ServiceRules.checkUpdate(next, current, errors);
            case "jobSpec" -> JobRules.checkUpdate(next, current, errors);
            case "claimSpec" -> claimSpec(next, current, errors);
            default -> throw new IllegalStateException("no update rule is called " + name);
        }
    }

    // Only a bound claim may grow.
    private static void claimSpec(ObjectNode next, ObjectNode current, Errors errors) {
        JsonNode old = current.path("spec");
        JsonNode spec = next.path("spec");
        boolean bound = current.path("status").path("phase").asText("").equals("Bound");
        if (!without(spec, bound).equals(without(old, bound))) {
            errors.forbidden("spec",
                    "spec is immutable after creation except resources.requests and "
                            + "volumeAttributesClassName for bound claims");
        }
        JsonNode size = spec.path("resources").path("requests").path("storage");
        JsonNode oldSize = old.path("resources").path("requests").path("storage");
        if (Quantities.of(size).compareTo(Quantities.of(oldSize)) < 0) {
            errors.forbidden("spec.resources.requests.storage",
                    "field can not be less than previous value");
        }
    }

    private static JsonNode without(JsonNode spec, boolean growing) {
        if (growing && spec.deepCopy() instanceof ObjectNode fields) {
            fields.withObjectProperty("resources").remove("requests");
            fields.remove("volumeAttributesClassName");
            return fields;
        }
        return spec;
    }
}
