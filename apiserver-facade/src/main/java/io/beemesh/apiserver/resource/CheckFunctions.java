package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Checks that look at more than one field, by the name that tables call them. */
final class CheckFunctions {
    private CheckFunctions() {}

    static void apply(String name, Location at, ObjectNode root, Errors errors) {
        switch (name) {
            case "service" -> ServiceRules.check(at, errors);
            case "workloadSelector" -> SelectorChecks.workload(at, root, errors);
            default -> throw new IllegalStateException("no check is called $" + name);
        }
    }
}
