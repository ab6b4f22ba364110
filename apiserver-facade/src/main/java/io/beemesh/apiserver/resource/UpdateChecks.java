package io.beemesh.apiserver.resource;

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
            default -> throw new IllegalStateException("no update rule is called " + name);
        }
    }
}
