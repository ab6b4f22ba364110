package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.List;

/** The {@code check}, {@code fixed} and {@code update} lines of a table. */
final class Validation {
    private final String nameKind;
    private final List<CheckRule> checks = new ArrayList<>();
    private final List<RuleTable.Rule> fixed;
    private final List<RuleTable.Rule> updates;
    private final List<RuleTable.Rule> warnings;

    Validation(RuleTable table) {
        nameKind = table.rules("name").stream().map(RuleTable.Rule::arguments).findFirst()
                .orElse("");
        for (RuleTable.Rule rule : table.rules("check")) {
            for (String check : rule.arguments().split("; *", -1)) {
                checks.add(CheckRule.parse(rule.path(), check));
            }
        }
        fixed = table.rules("fixed");
        updates = table.rules("update");
        warnings = table.rules("warn");
    }

    List<FieldError> create(ApiObject object) {
        Errors errors = new Errors();
        MetadataChecks.create(object, nameKind, errors);
        checks.forEach(check -> check.apply(object.tree(), errors));
        return errors.all();
    }

    List<FieldError> update(ApiObject next, ApiObject current) {
        Errors errors = new Errors();
        MetadataChecks.update(next, current, errors);
        for (RuleTable.Rule rule : fixed) {
            fixed(rule, next, current, errors);
        }
        for (RuleTable.Rule rule : updates) {
            UpdateChecks.apply(rule.arguments(), next.tree(), current.tree(), errors);
        }
        checks.forEach(check -> check.apply(next.tree(), errors));
        return errors.all();
    }

    List<String> warnings(ApiObject object) {
        List<String> texts = new ArrayList<>();
        for (RuleTable.Rule rule : warnings) {
            rule.path().visit(object.tree(), at -> {
                if (rule.arguments().equals("$pod")) {
                    PodWarnings.of(at, texts);
                } else if (!at.isEmpty()) {
                    texts.add(at.path() + ": " + rule.arguments());
                }
            });
        }
        return texts;
    }

    private static void fixed(RuleTable.Rule rule, ApiObject next, ApiObject current,
            Errors errors) {
        List<JsonNode> before = new ArrayList<>();
        rule.path().visit(current.tree(), at -> before.add(at.value()));
        rule.path().visit(next.tree(), at -> {
            boolean same = before.isEmpty()
                    ? at.isAbsent()
                    : before.getFirst().equals(at.value());
            if (!same) {
                errors.invalid(at.path(), at.value(), rule.arguments().isEmpty()
                        ? MetadataChecks.IMMUTABLE
                        : rule.arguments());
            }
        });
    }
}
