package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What may change in a StatefulSet's spec. */
final class StatefulSetUpdate {
    private static final List<String> MUTABLE = List.of("replicas", "ordinals", "template",
            "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds");

    private StatefulSetUpdate() {}

    static void check(ObjectNode next, ObjectNode current, Errors errors) {
        if (!fixedPart(next.path("spec")).equals(fixedPart(current.path("spec")))) {
            errors.forbidden("spec",
                    "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                            + "'template', 'updateStrategy', 'revisionHistoryLimit', "
                            + "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
        }
    }

    private static JsonNode fixedPart(JsonNode spec) {
        return spec instanceof ObjectNode fields ? fields.deepCopy().remove(MUTABLE) : spec;
    }
}
