package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * One rule of a {@code check} line: its name and arguments.
 *
 * <pre>
 * required [DETAIL]       must be there and not empty
 * dnsLabel, dnsSubdomain, dns1035, qualified, portName, environmentVariable, labelValue
 * labels, selector, configKeys    of a map
 * oneOf A B...            one of these texts
 * range LOW HIGH          a whole number, inclusive
 * min N                   a whole number
 * unique FIELD            no two elements have the same
 * oneSource NAME          an object with exactly one field beside its name
 * quantity, quantities    amounts that are not negative
 * portOrName              a port's number or name
 * absolutePath            starts with a slash
 * $FUNCTION               see CheckFunctions
 * </pre>
 */
record CheckRule(TreePath path, String name, List<String> arguments) {
    static CheckRule parse(TreePath path, String text) {
        String[] words = text.strip().split("\\s+", -1);
        return new CheckRule(path, words[0],
                List.copyOf(Arrays.asList(words).subList(1, words.length)));
    }

    void apply(ObjectNode root, Errors errors) {
        path.visit(root, at -> check(at, root, errors));
    }

    private void check(Location at, ObjectNode root, Errors errors) {
        if (name.equals("required")) {
            if (at.isEmpty()) {
                errors.required(at.path(), String.join(" ", arguments));
            }
            return;
        }
        if (at.isAbsent() || (at.value().isTextual() && at.value().asText().isEmpty())) {
            return;
        }
        if (name.startsWith("$")) {
            CheckFunctions.apply(name.substring(1), at, root, errors);
            return;
        }
        switch (name) {
            case "oneOf" -> {
                if (!arguments.contains(at.value().asText(""))) {
                    errors.notSupported(at.path(), at.value(),
                            arguments.stream().sorted().toList());
                }
            }
            case "range" -> range(at, errors);
            case "min" -> min(at, errors);
            case "unique" -> unique(at, errors);
            case "oneSource" -> oneSource(at, errors);
            case "labels" -> MetadataChecks.labels(at.path(), at.value(), errors);
            case "configKeys" -> keys(at, errors);
            case "selector" -> SelectorChecks.check(at, errors);
            case "quantity" -> Quantities.check(at.path(), at.value(), errors);
            case "quantities" -> {
                for (Map.Entry<String, JsonNode> entry : at.value().properties()) {
                    Quantities.check(at.path() + "[" + entry.getKey() + "]", entry.getValue(),
                            errors);
                }
            }
            case "portOrName" -> portOrName(at, errors);
            case "absolutePath" -> {
                if (!at.value().asText("").startsWith("/")) {
                    errors.invalid(at.path(), at.value(), "must be an absolute path");
                }
            }
            default -> grammar().apply(at.value().asText(""))
                    .forEach(m -> errors.invalid(at.path(), at.value(), m));
        }
    }

    private Function<String, List<String>> grammar() {
        return switch (name) {
            case "dnsLabel" -> Names::dnsLabel;
            case "dnsSubdomain" -> Names::dnsSubdomain;
            case "dns1035" -> Names::dns1035Label;
            case "qualified" -> Names::qualified;
            case "portName" -> Names::portName;
            case "environmentVariable" -> Names::environmentVariable;
            case "labelValue" -> Names::labelValue;
            default -> throw new IllegalStateException("no check is called " + name);
        };
    }

    private void range(Location at, Errors errors) {
        long low = Long.parseLong(arguments.getFirst());
        long high = Long.parseLong(arguments.get(1));
        if (at.value().asLong() < low || at.value().asLong() > high) {
            errors.invalid(at.path(), at.value(),
                    "must be between " + low + " and " + high + ", inclusive");
        }
    }

    private void min(Location at, Errors errors) {
        long low = Long.parseLong(arguments.getFirst());
        if (at.value().asLong() < low) {
            errors.invalid(at.path(), at.value(), low == 1
                    ? "must be greater than 0"
                    : "must be greater than or equal to " + low);
        }
    }

    private void unique(Location at, Errors errors) {
        Set<String> seen = new HashSet<>();
        String field = arguments.getFirst();
        for (int i = 0; i < at.value().size(); i++) {
            JsonNode value = at.value().get(i).path(field);
            if (!value.asText("").isEmpty() && !seen.add(value.asText())) {
                errors.duplicate(at.path() + "[" + i + "]." + field, value);
            }
        }
    }

    private void oneSource(Location at, Errors errors) {
        int sources = 0;
        for (Map.Entry<String, JsonNode> field : at.value().properties()) {
            boolean counts = !field.getKey().equals("name");
            if (counts && ++sources > 1) {
                errors.forbidden(at.path() + "." + field.getKey(),
                        "may not specify more than 1 " + String.join(" ", arguments) + " type");
            }
        }
        if (sources == 0) {
            errors.required(at.path(),
                    "must specify a " + String.join(" ", arguments) + " type");
        }
    }

    private static void keys(Location at, Errors errors) {
        for (Map.Entry<String, JsonNode> entry : at.value().properties()) {
            Names.configKey(entry.getKey()).forEach(m -> errors
                    .invalid(at.path() + "[" + entry.getKey() + "]", entry.getKey(), m));
        }
    }

    private static void portOrName(Location at, Errors errors) {
        if (at.value().isTextual()) {
            Names.portName(at.value().asText())
                    .forEach(m -> errors.invalid(at.path(), at.value(), m));
        } else if (at.value().asLong() < 1 || at.value().asLong() > 65_535) {
            errors.invalid(at.path(), at.value(), "must be between 1 and 65535, inclusive");
        }
    }
}
