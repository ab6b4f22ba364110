package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the field paths of objects, and of what differs between two. */
final class Fields {
    private Fields() {}

    /** How one object became another. */
    record Comparison(FieldSet added, FieldSet modified, FieldSet removed) {
        Comparison() {
            this(new FieldSet(), new FieldSet(), new FieldSet());
        }

        FieldSet changed() {
            return added.union(modified);
        }
    }

    /** All paths of {@code value}. */
    static FieldSet of(JsonNode value, Shape shape) {
        FieldSet set = new FieldSet();
        switch (shape.kind(value)) {
            case WHOLE -> set.setMember();
            case FIELDS -> {
                for (Map.Entry<String, JsonNode> field : value.properties()) {
                    JsonNode child = field.getValue();
                    FieldSet branch = of(child, shape.field(field.getKey()));
                    if (child.isNull() || (child.isObject() && child.isEmpty())
                            || !shape.declares(field.getKey())) {
                        branch.setMember();
                    }
                    set.attach(PathElement.field(field.getKey()), branch);
                }
            }
            case SET, KEYED -> shape.elements(value).forEach((element, items) -> {
                FieldSet branch = of(items.getFirst(), shape.items());
                branch.setMember();
                set.attach(element, branch);
            });
        }
        return set;
    }

    static Comparison compare(JsonNode before, JsonNode after, Shape shape) {
        Comparison root = new Comparison();
        compare(before, after, shape, root);
        return root;
    }

    private static void compare(@Nullable JsonNode before, @Nullable JsonNode after, Shape shape,
            Comparison here) {
        JsonNode present = after != null ? after : before;
        if (present == null) {
            return;
        }
        Shape.Kind kind = shape.kind(present);
        boolean sameKind = before == null || after == null || shape.kind(before) == kind;
        boolean bothEmpty = isEmpty(before) && isEmpty(after);
        if (kind == Shape.Kind.WHOLE || !sameKind || bothEmpty) {
            leaf(before, after, here);
            return;
        }
        boolean struct = false;
        if (kind == Shape.Kind.FIELDS) {
            struct = shape.isStruct();
            for (String name : names(before, after)) {
                compareChild(PathElement.field(name), get(before, name), get(after, name),
                        shape.field(name), here);
            }
        } else {
            Map<String, List<JsonNode>> old = shape.elements(orEmpty(before));
            Map<String, List<JsonNode>> now = shape.elements(orEmpty(after));
            Set<String> elements = new LinkedHashSet<>(old.keySet());
            elements.addAll(now.keySet());
            for (String element : elements) {
                compareItems(element, old.get(element), now.get(element), shape.items(), here);
            }
        }
        if (before == null && !struct) {
            here.added.setMember();
        }
        if (after == null) {
            here.removed.setMember();
        }
    }

    /** Items of one name; several of one name, which valid objects seldom have, are compared as one. */
    private static void compareItems(String element, @Nullable List<JsonNode> old,
            @Nullable List<JsonNode> now, Shape shape, Comparison here) {
        boolean single = (old == null || old.size() == 1) && (now == null || now.size() == 1);
        JsonNode before = old == null ? null : single ? old.getFirst() : array(old);
        JsonNode after = now == null ? null : single ? now.getFirst() : array(now);
        Comparison branch = new Comparison();
        compare(before, after, single ? shape : Shape.UNKNOWN, branch);
        if (before == null) {
            // Unlike a field, an item is always owned for itself.
            branch.added.setMember();
        }
        attach(element, branch, here);
    }

    private static void compareChild(String element, @Nullable JsonNode before,
            @Nullable JsonNode after, Shape shape, Comparison here) {
        Comparison branch = new Comparison();
        compare(before, after, shape, branch);
        attach(element, branch, here);
    }

    private static void attach(String element, Comparison branch, Comparison here) {
        here.added.attach(element, branch.added);
        here.modified.attach(element, branch.modified);
        here.removed.attach(element, branch.removed);
    }

    private static void leaf(@Nullable JsonNode before, @Nullable JsonNode after,
            Comparison here) {
        if (before == null) {
            here.added.setMember();
        } else if (after == null) {
            here.removed.setMember();
        } else if (!JsonValues.equal(before, after)) {
            here.modified.setMember();
        }
    }

    private static Set<String> names(@Nullable JsonNode before, @Nullable JsonNode after) {
        Set<String> names = new LinkedHashSet<>();
        orEmpty(before).fieldNames().forEachRemaining(names::add);
        orEmpty(after).fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static @Nullable JsonNode get(@Nullable JsonNode node, String name) {
        return node == null ? null : node.get(name);
    }

    private static boolean isEmpty(@Nullable JsonNode node) {
        return node == null || node.isEmpty();
    }

    private static JsonNode orEmpty(@Nullable JsonNode node) {
        return node == null ? Json.object() : node;
    }

    private static ArrayNode array(List<JsonNode> nodes) {
        return JsonNodeFactory.instance.arrayNode().addAll(nodes);
    }

    /** {@code value} without the paths in {@code remove} and all below them; what empties goes too. */
    static @Nullable JsonNode remove(JsonNode value, FieldSet remove, Shape shape) {
        if (remove.children().isEmpty()) {
            return value;
        }
        Shape.Kind kind = shape.kind(value);
        if (kind == Shape.Kind.WHOLE) {
            return value;
        }
        if (kind == Shape.Kind.FIELDS) {
            ObjectNode kept = Json.object();
            for (Map.Entry<String, JsonNode> field : value.properties()) {
                JsonNode child = remaining(PathElement.field(field.getKey()), field.getValue(),
                        remove, shape.field(field.getKey()));
                if (child != null) {
                    kept.set(field.getKey(), child);
                }
            }
            return kept.isEmpty() && !value.isEmpty() ? null : kept;
        }
        ArrayNode kept = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < value.size(); i++) {
            JsonNode child = remaining(shape.element(value.get(i), i), value.get(i), remove,
                    shape.items());
            if (child != null) {
                kept.add(child);
            }
        }
        return kept.isEmpty() && !value.isEmpty() ? null : kept;
    }

    private static @Nullable JsonNode remaining(String element, JsonNode child, FieldSet remove,
            Shape shape) {
        FieldSet branch = remove.child(element);
        if (branch == null) {
            return child;
        }
        return branch.isMember() ? null : remove(child, branch, shape);
    }
}
