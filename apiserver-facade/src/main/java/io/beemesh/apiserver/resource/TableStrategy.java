package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The strategy that a {@link RuleTable} describes; the engine of all kinds. */
final class TableStrategy implements Strategy {
    private static final String ANY_STATUS = "*";
    private final List<DefaultRule> defaults = new ArrayList<>();
    private final List<DefaultRule> creates = new ArrayList<>();
    private final List<RuleTable.Rule> keeps;
    private final List<RuleTable.Rule> generations;
    private final Validation validation;
    private final String newStatus;

    TableStrategy(RuleTable table) {
        table.rules("default").forEach(rule -> defaults.add(new DefaultRule(rule, false)));
        table.rules("create").forEach(rule -> creates.add(new DefaultRule(rule, true)));
        keeps = table.rules("keep");
        generations = table.rules("generation");
        validation = new Validation(table);
        newStatus = table.rules("status").stream().map(RuleTable.Rule::arguments).findFirst()
                .orElse("");
    }

    @Override
    public void setDefaults(ApiObject object) {
        defaults.forEach(rule -> rule.apply(object.tree()));
    }

    @Override
    public void prepareCreate(ApiObject object) {
        if (!newStatus.isEmpty() && !newStatus.equals(ANY_STATUS)) {
            object.tree().set("status", DefaultRule.json(newStatus));
        }
        object.metadata().remove("generation");
        if (!generations.isEmpty()) {
            object.metadata().put("generation", 1);
        }
        creates.forEach(rule -> rule.apply(object.tree()));
    }

    @Override
    public void prepareUpdate(ApiObject next, ApiObject current) {
        keepMetadata(next, current);
        if (!newStatus.isEmpty()) {
            replace(next.tree(), current.tree(), "status");
        }
        for (RuleTable.Rule rule : keeps) {
            KeepFunctions.apply(rule, next.tree(), current.tree());
        }
        if (!generations.isEmpty()) {
            boolean changed = generations.stream()
                    .anyMatch(rule -> differs(rule.path(), next, current));
            next.metadata().put("generation", current.generation() + (changed ? 1 : 0));
        } else {
            replace(next.metadata(), current.metadata(), "generation");
        }
    }

    @Override
    public void prepareStatusUpdate(ApiObject next, ApiObject current) {
        keepMetadata(next, current);
        replace(next.metadata(), current.metadata(), "ownerReferences");
        replace(next.metadata(), current.metadata(), "generation");
        replace(next.metadata(), current.metadata(), "generateName");
        JsonNode status = next.tree().path("status");
        JsonNode metadata = next.metadata();
        next.tree().removeAll();
        for (Map.Entry<String, JsonNode> entry : current.tree().properties()) {
            if (!entry.getKey().equals("status")) {
                next.tree().set(entry.getKey(), entry.getKey().equals("metadata")
                        ? metadata
                        : entry.getValue().deepCopy());
            }
        }
        if (!status.isMissingNode()) {
            next.tree().set("status", status);
        }
    }

    @Override
    public List<FieldError> validateCreate(ApiObject object) {
        return validation.create(object);
    }

    @Override
    public List<FieldError> validateUpdate(ApiObject next, ApiObject current) {
        return validation.update(next, current);
    }

    @Override
    public List<String> warnings(ApiObject object) {
        return validation.warnings(object);
    }

    /** True if what {@code path} leads to is not the same in both. */
    private static boolean differs(TreePath path, ApiObject next, ApiObject current) {
        return !Objects.equals(values(path, next), values(path, current));
    }

    private static List<JsonNode> values(TreePath path, ApiObject object) {
        List<JsonNode> values = new ArrayList<>();
        path.visit(object.tree(), at -> values.add(at.value()));
        return values;
    }

    // A client may leave these out of an update, and cannot change them.
    private static void keepMetadata(ApiObject next, ApiObject current) {
        for (String field : List.of("uid", "creationTimestamp")) {
            if (next.metadata().path(field).asText("").isEmpty()) {
                replace(next.metadata(), current.metadata(), field);
            }
        }
        for (String field : List.of("deletionTimestamp", "deletionGracePeriodSeconds",
                "selfLink")) {
            replace(next.metadata(), current.metadata(), field);
        }
    }

    private static void replace(ObjectNode into, ObjectNode from, String field) {
        JsonNode value = from.get(field);
        if (value == null) {
            into.remove(field);
        } else {
            into.set(field, value.deepCopy());
        }
    }
}
