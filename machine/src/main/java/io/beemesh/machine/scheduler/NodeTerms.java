package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Terms of a node selector: one of them must hold, each with all it says. Pure. */
final class NodeTerms {
    private NodeTerms() {}

    static boolean matchAny(JsonNode terms, NodeView node) {
        for (JsonNode term : terms) {
            if (matches(term, node.labels(), node.name())) {
                return true;
            }
        }
        return false;
    }

    /** An empty term matches nothing. */
    static boolean matches(JsonNode term, Map<String, String> labels, String name) {
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
