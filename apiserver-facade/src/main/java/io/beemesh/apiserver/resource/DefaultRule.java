package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A line of a table that gives a field its value if a condition holds. */
final class DefaultRule {
    private static final String WHEN = " when ";
    private final TreePath path;
    private final String value;
    private final JsonNode literal;
    private final List<String> conditions;
    private final boolean always;

    /** @param always true to set the field even if the client has */
    DefaultRule(RuleTable.Rule rule, boolean always) {
        path = rule.path();
        int when = rule.arguments().indexOf(WHEN);
        value = when < 0 ? rule.arguments() : rule.arguments().substring(0, when).strip();
        literal = value.startsWith("$") || value.startsWith("=")
                ? MissingNode.getInstance()
                : json(value);
        conditions = when < 0
                ? List.of()
                : List.of(
                        rule.arguments().substring(when + WHEN.length()).strip().split(" & ", -1));
        this.always = always;
    }

    void apply(ObjectNode root) {
        path.visit(root, this::applyAt);
    }

    private void applyAt(Location at) {
        if (!holds(at.parent())) {
            return;
        }
        if (value.startsWith("$")) {
            DefaultFunctions.apply(value.substring(1), at);
        } else if (always || isZero(at)) {
            JsonNode set = value.startsWith("=")
                    ? TreePath.at(at.parent(), value.substring(1))
                    : literal;
            if (!set.isMissingNode()) {
                at.parent().set(at.field(), set.deepCopy());
            }
        }
    }

    // An empty string or a zero counts as absent in Kubernetes' types, an empty list or object does
    // not.
    private static boolean isZero(Location at) {
        return at.isAbsent() || (at.value().isTextual() && at.value().asText().isEmpty());
    }

    private boolean holds(ObjectNode parent) {
        for (String term : conditions) {
            if (!termHolds(parent, term.strip())) {
                return false;
            }
        }
        return true;
    }

    private static boolean termHolds(ObjectNode parent, String term) {
        if (term.startsWith("!")) {
            return TreePath.at(parent, term.substring(1)).isMissingNode();
        }
        int equals = term.indexOf('=');
        if (equals < 0) {
            return !TreePath.at(parent, term).isMissingNode();
        }
        boolean not = term.charAt(equals - 1) == '!';
        String actual = TreePath.at(parent, term.substring(0, not ? equals - 1 : equals))
                .asText("");
        boolean same = false;
        for (String wanted : term.substring(equals + 1).split("\\|", -1)) {
            same |= wanted.equals(actual);
        }
        return same != not;
    }

    static JsonNode json(String text) {
        try {
            return Json.parse(text.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not JSON in a table of rules: " + text, e);
        }
    }
}
