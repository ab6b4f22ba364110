package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.LabelRequirement.Operator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A set of objects, told by their labels; immutable.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors">label
 *     selectors</a>
 */
public final class LabelSelector {
    private static final LabelSelector EVERYTHING = new LabelSelector(List.of(), false);
    private static final LabelSelector NOTHING = new LabelSelector(List.of(), true);

    private final List<LabelRequirement> requirements;
    private final boolean nothing;

    private LabelSelector(List<LabelRequirement> requirements, boolean nothing) {
        this.requirements = requirements.stream()
                .sorted(Comparator.comparing(LabelRequirement::key)).toList();
        this.nothing = nothing;
    }

    /** Selects all objects. */
    public static LabelSelector everything() {
        return EVERYTHING;
    }

    /** Selects no object. */
    public static LabelSelector nothing() {
        return NOTHING;
    }

    /** A {@code labelSelector} parameter, such as {@code a=b,c in (x,y),!d}; empty selects everything. */
    public static LabelSelector parse(String selector) throws SyntaxException {
        return new LabelSelector(new LabelSelectorParser(selector).parse(), false);
    }

    /**
     * A tree of {@code matchLabels} and {@code matchExpressions}, such as a Deployment's {@code
     * spec.selector}: absent (a missing or null node) selects nothing, an empty one everything.
     */
    public static LabelSelector of(JsonNode selector) throws SyntaxException {
        if (!selector.isObject()) {
            return NOTHING;
        }
        List<LabelRequirement> requirements = new ArrayList<>();
        for (Map.Entry<String, JsonNode> label : selector.path("matchLabels").properties()) {
            requirements.add(LabelRequirement.checked(label.getKey(), Operator.EQUALS,
                    List.of(label.getValue().asText(""))));
        }
        for (JsonNode expression : selector.path("matchExpressions")) {
            List<String> values = new ArrayList<>();
            expression.path("values").forEach(v -> values.add(v.asText("")));
            requirements.add(LabelRequirement.checked(expression.path("key").asText(""),
                    operator(expression.path("operator").asText("")), values));
        }
        return new LabelSelector(requirements, false);
    }

    /**
     * A plain map of labels, such as a ReplicationController's {@code spec.selector}; unchecked, as labels
     * that no object can have match none. An empty map selects everything.
     */
    public static LabelSelector ofLabels(Map<String, String> labels) {
        return new LabelSelector(
                labels.entrySet().stream().map(
                        l -> new LabelRequirement(l.getKey(), Operator.EQUALS,
                                List.of(l.getValue())))
                        .toList(),
                false);
    }

    public boolean matches(Map<String, String> labels) {
        if (nothing) {
            return false;
        }
        for (LabelRequirement requirement : requirements) {
            if (!requirement.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    /** True if every object is selected, whatever its labels. */
    public boolean isEverything() {
        return !nothing && requirements.isEmpty();
    }

    public boolean isNothing() {
        return nothing;
    }

    /** The conditions, all of which must hold, by key. */
    public List<LabelRequirement> requirements() {
        return requirements;
    }

    /** As in a {@code labelSelector} parameter and in {@code Scale.status.selector}. */
    @Override
    public String toString() {
        return requirements.stream().map(LabelRequirement::toString)
                .collect(Collectors.joining(","));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LabelSelector that && nothing == that.nothing
                && requirements.equals(that.requirements);
    }

    @Override
    public int hashCode() {
        return requirements.hashCode();
    }

    private static Operator operator(String text) throws SyntaxException {
        return switch (text) {
            case "In" -> Operator.IN;
            case "NotIn" -> Operator.NOT_IN;
            case "Exists" -> Operator.EXISTS;
            case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
            default -> throw new SyntaxException(
                    "\"" + text + "\" is not a valid label selector operator");
        };
    }
}
