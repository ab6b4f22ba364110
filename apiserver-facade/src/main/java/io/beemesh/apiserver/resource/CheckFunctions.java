package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Checks that look at more than one field, by the name that tables call them. */
final class CheckFunctions {
    private CheckFunctions() {}

    static void apply(String name, Location at, ObjectNode root, Errors errors) {
        switch (name) {
            case "service" -> ServiceRules.check(at, errors);
            case "workloadSelector" -> SelectorChecks.workload(at, root, errors);
            case "controllerSelector" -> SelectorChecks.controller(at, errors);
            case "rollingUpdate" -> rollingUpdate(at, errors);
            case "daemonRollingUpdate" -> PolicyChecks.daemonRollingUpdate(at, errors);
            case "disruptionBudget" -> PolicyChecks.disruptionBudget(at, errors);
            case "job" -> JobRules.job(at, errors);
            case "jobPolicies" -> JobRules.policies(at, errors);
            case "jobRestartPolicy" -> JobRules.restartPolicy(at, errors);
            case "cronJob" -> JobRules.cronJob(at, root, errors);
            case "priorityClass" -> PolicyChecks.priorityClass(root, errors);
            case "autoscaler" -> PolicyChecks.autoscaler(at, errors);
            case "ingress" -> NetworkChecks.ingress(at, errors);
            case "ingressBackend" -> NetworkChecks.ingressBackend(at, errors);
            case "policyPeer" -> NetworkChecks.policyPeer(at, errors);
            case "newEvent" -> EventChecks.newEvent(root, errors);
            case "eventSeries" -> EventChecks.series(at, errors);
            case "progressDeadline" -> progressDeadline(at, errors);
            case "noDeadline" -> noDeadline(at, errors);
            case "role" -> RoleChecks.role(root, true, errors);
            case "clusterRole" -> RoleChecks.role(root, false, errors);
            case "roleBinding" -> RoleChecks.binding(root, true, errors);
            case "clusterRoleBinding" -> RoleChecks.binding(root, false, errors);
            case "dataSize" -> DataChecks.size(root, errors);
            case "secretType" -> DataChecks.secretType(at, errors);
            case "tolerations" -> PodSpecChecks.tolerations(at, errors);
            case "dns" -> PodSpecChecks.dns(at, errors);
            case "hostAliases" -> PodSpecChecks.hostAliases(at, errors);
            case "affinity" -> PodSpecChecks.affinity(at, errors);
            case "hostPorts" -> PodSpecChecks.hostPorts(at, errors);
            case "podSecurity" -> SecurityChecks.pod(at, errors);
            case "noEphemeral" -> PodSpecChecks.noEphemeral(root, errors);
            case "container" -> ContainerFields.container(at, errors);
            case "initContainer" -> ContainerFields.init(at, errors);
            case "claimSpec" -> ClaimChecks.spec(at.path(), at.value(), errors);
            case "ephemeralVolume" -> ClaimChecks.ephemeralVolume(at, root, errors);
            case "volume" -> ContainerFields.volume(at, errors);
            case "environment" -> ContainerChecks.environment(at, errors);
            case "requestsWithinLimits" -> ContainerChecks.requestsWithinLimits(at, errors);
            case "uniqueMountPaths" -> ContainerChecks.uniqueMountPaths(at, errors);
            case "onlyOneSuccess" -> ContainerChecks.onlyOneSuccess(at, errors);
            case "probeHandlers" -> ContainerChecks.probeHandlers(at, errors);
            case "mounts" -> ContainerChecks.mounts(at, root, errors);
            case "namesDifferFromContainers" -> ContainerChecks.names(at, errors);
            default -> throw new IllegalStateException("no check is called $" + name);
        }
    }

    private static void rollingUpdate(Location at, Errors errors) {
        JsonNode rolling = at.value().path("rollingUpdate");
        String path = at.child("rollingUpdate");
        if (at.value().path("type").asText("").equals("Recreate")) {
            if (rolling.isObject()) {
                errors.forbidden(path,
                        "may not be specified when strategy `type` is 'Recreate'");
            }
            return;
        }
        amount(path + ".maxUnavailable", rolling.path("maxUnavailable"), errors);
        amount(path + ".maxSurge", rolling.path("maxSurge"), errors);
        atMostAll(path + ".maxUnavailable", rolling.path("maxUnavailable"), errors);
        if (isZero(rolling.path("maxUnavailable")) && isZero(rolling.path("maxSurge"))) {
            errors.invalid(path + ".maxUnavailable", rolling.path("maxUnavailable"),
                    "may not be 0 when `maxSurge` is 0");
        }
    }

    /** A share of all pods that may be away is at most all of them. */
    private static void atMostAll(String path, JsonNode value, Errors errors) {
        if (value.asText("").matches("[0-9]{1,9}%")
                && Long.parseLong(value.asText().replace("%", "")) > 100) {
            errors.invalid(path, value, "must not be greater than 100%");
        }
    }

    static void amount(String path, JsonNode value, Errors errors) {
        if (value.isTextual() && !value.asText().matches("[0-9]+%")) {
            errors.invalid(path, value,
                    "a valid percent string must be a numeric string followed by an ending '%' (e.g. "
                            + "'1%',  or '93%', regex used for validation is '[0-9]+%')");
        } else if (value.isNumber() && value.asLong() < 0) {
            errors.invalid(path, value, "must be greater than or equal to 0");
        }
    }

    static boolean isZero(JsonNode value) {
        return value.isNumber() ? value.asLong() == 0 : value.asText("").matches("0+%");
    }

    private static void progressDeadline(Location at, Errors errors) {
        JsonNode deadline = at.value().path("progressDeadlineSeconds");
        if (deadline.isNumber()
                && deadline.asLong() <= at.value().path("minReadySeconds").asLong(0)) {
            errors.invalid(at.child("progressDeadlineSeconds"), deadline,
                    "must be greater than minReadySeconds");
        }
    }

    private static void noDeadline(Location at, Errors errors) {
        if (at.value().has("activeDeadlineSeconds")) {
            errors.forbidden(at.child("activeDeadlineSeconds"),
                    "activeDeadlineSeconds in ReplicaSet is not Supported");
        }
    }
}
