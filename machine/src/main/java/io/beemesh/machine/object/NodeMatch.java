package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a pod may be on a node, as far as its selectors and tolerations say. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/">Assigning
 *     pods to nodes</a>
 */
public final class NodeMatch {
    private NodeMatch() {}

    /** True if the node selector and the required node affinity of a pod's spec hold. */
    public static boolean selects(JsonNode spec, Map<String, String> labels, String name) {
        for (Map.Entry<String, JsonNode> wanted : spec.path("nodeSelector").properties()) {
            if (!wanted.getValue().asText("").equals(labels.get(wanted.getKey()))) {
                return false;
            }
        }
        JsonNode required = spec.path("affinity").path("nodeAffinity")
                .path("requiredDuringSchedulingIgnoredDuringExecution");
        if (!required.isObject()) {
            return true;
        }
        for (JsonNode term : required.path("nodeSelectorTerms")) {
            if (matches(term, labels, name)) {
                return true;
            }
        }
        return false;
    }

    /** True if a term of a node selector holds; an empty one never does. */
    public static boolean matches(JsonNode term, Map<String, String> labels, String name) {
        JsonNode expressions = term.path("matchExpressions");
        JsonNode fields = term.path("matchFields");
        if (expressions.isEmpty() && fields.isEmpty()) {
            return false;
        }
        for (JsonNode expression : expressions) {
            if (!holds(expression,
                    Optional.ofNullable(labels.get(expression.path("key").asText(""))))) {
                return false;
            }
        }
        for (JsonNode expression : fields) {
            if (!holds(expression, Optional.of(name))) {
                return false;
            }
        }
        return true;
    }

    /** True if one of {@code tolerations} tolerates {@code taint}. */
    public static boolean tolerates(JsonNode tolerations, JsonNode taint) {
        for (JsonNode toleration : tolerations) {
            if (isTolerated(toleration, taint)) {
                return true;
            }
        }
        return false;
    }

    /** True if this one toleration tolerates {@code taint}. */
    public static boolean isTolerated(JsonNode toleration, JsonNode taint) {
        String effect = toleration.path("effect").asText("");
        String key = toleration.path("key").asText("");
        boolean exists = toleration.path("operator").asText("Equal").equals("Exists");
        return (effect.isEmpty() || effect.equals(taint.path("effect").asText("")))
                && (key.isEmpty() ? exists : key.equals(taint.path("key").asText("")))
                && (exists || toleration.path("value").asText("")
                        .equals(taint.path("value").asText("")));
    }

    private static boolean holds(JsonNode expression, Optional<String> value) {
        List<String> values = new ArrayList<>();
        expression.path("values").forEach(v -> values.add(v.asText("")));
        return switch (expression.path("operator").asText("")) {
            case "In" -> value.map(values::contains).orElse(false);
            case "NotIn" -> value.map(v -> !values.contains(v)).orElse(true);
            case "Exists" -> value.isPresent();
            case "DoesNotExist" -> value.isEmpty();
            case "Gt" -> compare(value, values) > 0;
            case "Lt" -> compare(value, values) < 0;
            default -> false;
        };
    }

    /** Zero if either is no number. */
    private static int compare(Optional<String> value, List<String> values) {
        try {
            return value.isEmpty() || values.size() != 1
                    ? 0
                    : Long.compare(Long.parseLong(value.get()), Long.parseLong(values.get(0)));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
