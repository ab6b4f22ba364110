package io.beemesh.machine.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.PodAmounts;
import io.beemesh.machine.object.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Which pods a quota counts; without scopes all objects. */
record Scopes(List<Scope> all) {
    Scopes {
        all = List.copyOf(all);
    }

    /** One condition that must hold. */
    record Scope(String name, String operator, List<String> values) {
        boolean holds(JsonNode spec) {
            return switch (name) {
                case "Terminating" -> spec.path("activeDeadlineSeconds").asLong(-1) >= 0;
                case "NotTerminating" -> spec.path("activeDeadlineSeconds").asLong(-1) < 0;
                case "BestEffort" -> isBestEffort(spec);
                case "NotBestEffort" -> !isBestEffort(spec);
                case "PriorityClass" -> hasPriority(spec.path("priorityClassName").asText(""));
                case "CrossNamespacePodAffinity" -> looksElsewhere(spec.path("affinity"));
                default -> false;
            };
        }

        private boolean hasPriority(String priorityClass) {
            return switch (operator) {
                case "In" -> values.contains(priorityClass);
                case "NotIn" -> !values.contains(priorityClass);
                case "DoesNotExist" -> priorityClass.isEmpty();
                default -> !priorityClass.isEmpty();
            };
        }
    }

    static Scopes of(JsonNode quotaSpec) {
        List<Scope> scopes = new ArrayList<>();
        quotaSpec.path("scopes")
                .forEach(name -> scopes.add(new Scope(name.asText(""), "Exists", List.of())));
        for (JsonNode match : quotaSpec.path("scopeSelector").path("matchExpressions")) {
            List<String> values = new ArrayList<>();
            match.path("values").forEach(value -> values.add(value.asText("")));
            scopes.add(new Scope(match.path("scopeName").asText(""),
                    match.path("operator").asText(""), values));
        }
        return new Scopes(scopes);
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    boolean matchPod(JsonNode spec) {
        return all.stream().allMatch(scope -> scope.holds(spec));
    }

    private static boolean isBestEffort(JsonNode spec) {
        return Stream.of("requests", "limits").map(list -> PodAmounts.of(spec, list))
                .flatMap(amounts -> Stream.of("cpu", "memory").map(
                        name -> amounts.getOrDefault(name, Quantity.ZERO)))
                .allMatch(amount -> amount.signum() == 0);
    }

    /** True if some term of pod (anti-)affinity names namespaces. */
    private static boolean looksElsewhere(JsonNode affinity) {
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            JsonNode of = affinity.path(kind);
            for (JsonNode term : of.path("requiredDuringSchedulingIgnoredDuringExecution")) {
                if (namesNamespaces(term)) {
                    return true;
                }
            }
            for (JsonNode term : of.path("preferredDuringSchedulingIgnoredDuringExecution")) {
                if (namesNamespaces(term.path("podAffinityTerm"))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean namesNamespaces(JsonNode term) {
        return !term.path("namespaces").isEmpty() || term.path("namespaceSelector").isObject();
    }
}
