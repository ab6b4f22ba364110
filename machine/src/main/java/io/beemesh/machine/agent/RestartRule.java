package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Whether a container that has ended is started again.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy">restart
 *     policy</a>
 */
final class RestartRule {
    private RestartRule() {}

    /** As the container's own rules and policy say, else the pod's. */
    static boolean restarts(JsonNode podSpec, JsonNode container, int exitCode) {
        for (JsonNode rule : container.path("restartPolicyRules")) {
            if (matches(rule.path("exitCodes"), exitCode)) {
                return rule.path("action").asText("").equals("Restart");
            }
        }
        String policy = container.path("restartPolicy").asText("");
        if (policy.isEmpty()) {
            policy = podSpec.path("restartPolicy").asText("Always");
            if (isInit(podSpec, container) && policy.equals("Always")) {
                policy = "OnFailure";
            }
        }
        return switch (policy) {
            case "Never" -> false;
            case "OnFailure" -> exitCode != 0;
            default -> true;
        };
    }

    /** An init container that goes on beside the others. */
    static boolean isSidecar(JsonNode initContainer) {
        return initContainer.path("restartPolicy").asText("").equals("Always");
    }

    private static boolean isInit(JsonNode podSpec, JsonNode container) {
        for (JsonNode init : podSpec.path("initContainers")) {
            if (init.path("name").equals(container.path("name"))) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(JsonNode exitCodes, int exitCode) {
        boolean listed = false;
        for (JsonNode value : exitCodes.path("values")) {
            listed |= value.asInt() == exitCode;
        }
        return switch (exitCodes.path("operator").asText("")) {
            case "In" -> listed;
            case "NotIn" -> !listed;
            default -> false;
        };
    }
}
