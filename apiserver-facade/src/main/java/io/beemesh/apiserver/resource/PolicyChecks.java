package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Checks of DaemonSets, disruption budgets, autoscalers and priority classes that look at more than one
 * field.
 */
final class PolicyChecks {
    private static final long USER_PRIORITY_MAX = 1_000_000_000;
    private static final String SYSTEM = "system-";
    private static final Map<String, Long> SYSTEM_CLASSES = Map.of("system-node-critical",
            2_000_001_000L, "system-cluster-critical", 2_000_000_000L);

    private PolicyChecks() {}

    static void daemonRollingUpdate(Location at, Errors errors) {
        JsonNode rolling = at.value().path("rollingUpdate");
        String path = at.child("rollingUpdate");
        if (!at.value().path("type").asText("").equals("RollingUpdate") || !rolling.isObject()) {
            return;
        }
        CheckFunctions.amount(path + ".maxUnavailable", rolling.path("maxUnavailable"), errors);
        CheckFunctions.amount(path + ".maxSurge", rolling.path("maxSurge"), errors);
        boolean noneDown = CheckFunctions.isZero(rolling.path("maxUnavailable"));
        boolean noneMore = rolling.path("maxSurge").isMissingNode()
                || CheckFunctions.isZero(rolling.path("maxSurge"));
        if (noneDown && noneMore) {
            errors.required(path + ".maxUnavailable", "cannot be 0 when maxSurge is 0");
        } else if (!noneDown && !noneMore) {
            errors.invalid(path + ".maxSurge", rolling.path("maxSurge"),
                    "may not be set when maxUnavailable is non-zero");
        }
    }

    static void disruptionBudget(Location at, Errors errors) {
        JsonNode available = at.value().path("minAvailable");
        JsonNode unavailable = at.value().path("maxUnavailable");
        if (!available.isMissingNode() && !unavailable.isMissingNode()) {
            errors.invalid(at.path(), at.value(), "minAvailable and maxUnavailable are mutually "
                    + "exclusive");
        }
        amountOfAll(at.child("minAvailable"), available, errors);
        amountOfAll(at.child("maxUnavailable"), unavailable, errors);
    }

    static void autoscaler(Location at, Errors errors) {
        JsonNode most = at.value().path("maxReplicas");
        if (most.isNumber() && most.asLong() < at.value().path("minReplicas").asLong(1)) {
            errors.invalid(at.child("maxReplicas"), most,
                    "must be greater than or equal to `minReplicas`");
        }
    }

    private static void amountOfAll(String path, JsonNode value, Errors errors) {
        CheckFunctions.amount(path, value, errors);
        if (value.asText("").matches("[0-9]{1,9}%")
                && Long.parseLong(value.asText().replace("%", "")) > 100) {
            errors.invalid(path, value, "must not be greater than 100%");
        }
    }

    static void priorityClass(ObjectNode priorityClass, Errors errors) {
        JsonNode name = priorityClass.path("metadata").path("name");
        long value = priorityClass.path("value").asLong(0);
        if (name.asText("").startsWith(SYSTEM)) {
            Long known = SYSTEM_CLASSES.get(name.asText());
            if (known == null || known != value) {
                errors.forbidden("metadata.name", "priority class names with '" + SYSTEM
                        + "' prefix are reserved for system use only. error: "
                        + name.asText() + " is not a known system priority class");
            }
        } else if (value > USER_PRIORITY_MAX) {
            errors.forbidden("value",
                    "maximum allowed value of a user defined priority is " + USER_PRIORITY_MAX);
        }
    }
}
