package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One condition on one label.
 *
 * @param values sorted, without duplicates; empty for {@link Operator#EXISTS} and {@link
 *     Operator#DOES_NOT_EXIST}
 */
public record LabelRequirement(String key, Operator operator, List<String> values) {
    /** How key and values relate, named by the text between them. */
    public enum Operator {
        EQUALS("="), DOUBLE_EQUALS("=="), NOT_EQUALS("!="), IN(" in "), NOT_IN(" notin "), EXISTS(
                ""), DOES_NOT_EXIST("!"), GREATER_THAN(">"), LESS_THAN("<");

        private final String text;

        Operator(String text) {
            this.text = text;
        }
    }

    public LabelRequirement {
        values = List.copyOf(values);
    }

    /** A condition from outside; throws if key or values are not what labels can have. */
    static LabelRequirement checked(String key, Operator operator, List<String> values)
            throws SyntaxException {
        List<String> errors = new ArrayList<>();
        List<String> keyErrors = LabelSyntax.keyErrors(key);
        if (!keyErrors.isEmpty()) {
            errors.add("key: Invalid value: " + quote(key) + ": " + String.join("; ", keyErrors));
        }
        countError(operator, values.size()).ifPresent(e -> errors.add(
                "values: Invalid value: " + list(values) + ": " + e));
        for (int i = 0; i < values.size(); i++) {
            boolean ordered = operator == Operator.GREATER_THAN || operator == Operator.LESS_THAN;
            if (ordered && !isInteger(values.get(i))) {
                errors.add("values[" + i + "]: Invalid value: " + quote(values.get(i))
                        + ": for 'Gt', 'Lt' operators, the value must be an integer");
            }
        }
        for (int i = 0; i < values.size(); i++) {
            List<String> valueErrors = LabelSyntax.valueErrors(values.get(i));
            if (!valueErrors.isEmpty()) {
                errors.add("values[" + i + "][" + key + "]: Invalid value: " + quote(values.get(i))
                        + ": " + String.join("; ", valueErrors));
            }
        }
        if (!errors.isEmpty()) {
            throw new SyntaxException(
                    errors.size() == 1 ? errors.getFirst() : "[" + String.join(", ", errors) + "]");
        }
        return new LabelRequirement(key, operator, List.copyOf(new TreeSet<>(values)));
    }

    /** Whether an object with these labels meets the condition. */
    public boolean matches(Map<String, String> labels) {
        String value = labels.get(key);
        return switch (operator) {
            case EQUALS, DOUBLE_EQUALS, IN -> value != null && values.contains(value);
            case NOT_EQUALS, NOT_IN -> value == null || !values.contains(value);
            case EXISTS -> value != null;
            case DOES_NOT_EXIST -> value == null;
            case GREATER_THAN ->
                value != null && isInteger(value)
                        && Long.parseLong(value) > Long.parseLong(values.getFirst());
            case LESS_THAN ->
                value != null && isInteger(value)
                        && Long.parseLong(value) < Long.parseLong(values.getFirst());
        };
    }

    /** As in a {@code labelSelector} parameter. */
    @Override
    public String toString() {
        return switch (operator) {
            case EXISTS -> key;
            case DOES_NOT_EXIST -> operator.text + key;
            case IN, NOT_IN -> key + operator.text + "(" + String.join(",", values) + ")";
            case EQUALS, DOUBLE_EQUALS, NOT_EQUALS, GREATER_THAN, LESS_THAN ->
                key + operator.text + String.join(",", values);
        };
    }

    private static Optional<String> countError(Operator operator, int count) {
        return switch (operator) {
            case IN, NOT_IN -> count > 0
                    ? Optional.empty()
                    : Optional.of("for 'in', 'notin' operators, values set can't be empty");
            case EXISTS, DOES_NOT_EXIST -> count == 0
                    ? Optional.empty()
                    : Optional.of("values set must be empty for exists and does not exist");
            case EQUALS, DOUBLE_EQUALS, NOT_EQUALS -> count == 1
                    ? Optional.empty()
                    : Optional.of("exact-match compatibility requires one single value");
            case GREATER_THAN, LESS_THAN -> count == 1
                    ? Optional.empty()
                    : Optional
                            .of("for 'Gt', 'Lt' operators, exactly one value is required");
        };
    }

    private static boolean isInteger(String text) {
        try {
            Long.parseLong(text);
            return true;
        } catch (NumberFormatException _) {
            return false;
        }
    }

    private static String quote(String text) {
        return new String(Json.write(TextNode.valueOf(text)), StandardCharsets.UTF_8);
    }

    private static String list(List<String> texts) {
        return texts.stream().map(LabelRequirement::quote)
                .collect(Collectors.joining(",", "[", "]"));
    }
}
