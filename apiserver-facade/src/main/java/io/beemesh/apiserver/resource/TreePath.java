package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The path of a rule: field names with dots; {@code []} after a name means each element, <code>{}</code>
 * each value of a map, and {@code !} that the object is made if absent. Every object before the last
 * name must exist, else the path leads nowhere.
 */
final class TreePath {
    private enum Mode {
        FIELD, MAKE, ELEMENTS, VALUES
    }

    private record Step(String field, Mode mode) {}

    /** Most lists are short; their places are not made anew for each rule. */
    private static final String[] PLACES = {"[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]"};
    private final List<Step> steps;

    private TreePath(List<Step> steps) {
        this.steps = steps;
    }

    static TreePath parse(String text) {
        List<Step> steps = new ArrayList<>();
        for (String part : text.split("\\.", -1)) {
            if (part.endsWith("[]")) {
                steps.add(new Step(part.substring(0, part.length() - 2), Mode.ELEMENTS));
            } else if (part.endsWith("{}")) {
                steps.add(new Step(part.substring(0, part.length() - 2), Mode.VALUES));
            } else if (part.endsWith("!")) {
                steps.add(new Step(part.substring(0, part.length() - 1), Mode.MAKE));
            } else {
                steps.add(new Step(part, Mode.FIELD));
            }
        }
        return new TreePath(List.copyOf(steps));
    }

    /** Shows every place of {@code root} that this path leads to, in order. */
    void visit(ObjectNode root, Consumer<Location> visitor) {
        visit(root, null, 0, visitor);
    }

    private void visit(ObjectNode parent, @Nullable Location above, int index,
            Consumer<Location> visitor) {
        Step step = steps.get(index);
        JsonNode value = parent.path(step.field);
        switch (step.mode) {
            case FIELD -> go(new Location(above, parent, step.field, "", value), index, visitor);
            case MAKE -> {
                if (value.isMissingNode() || value.isNull()) {
                    value = JsonNodeFactory.instance.objectNode();
                    parent.set(step.field, value);
                }
                go(new Location(above, parent, step.field, "", value), index, visitor);
            }
            case ELEMENTS -> {
                for (int i = 0; i < (value.isArray() ? value.size() : 0); i++) {
                    go(new Location(above, parent, step.field, place(i), value.get(i)), index,
                            visitor);
                }
            }
            case VALUES -> {
                for (Map.Entry<String, JsonNode> entry : List.copyOf(value.properties())) {
                    go(new Location(above, parent, step.field, "[" + entry.getKey() + "]",
                            entry.getValue()), index, visitor);
                }
            }
        }
    }

    private void go(Location here, int index, Consumer<Location> visitor) {
        if (index == steps.size() - 1) {
            visitor.accept(here);
        } else if (here.value() instanceof ObjectNode object) {
            visit(object, here, index + 1, visitor);
        }
    }

    private static String place(int index) {
        return index < PLACES.length ? PLACES[index] : "[" + index + "]";
    }

    /** The value that a path of plain fields leads to; missing if there is none. */
    static JsonNode at(JsonNode root, String path) {
        JsonNode node = root;
        for (String field : path.split("\\.", -1)) {
            node = node.path(field);
        }
        return node.isNull() ? MissingNode.getInstance() : node;
    }
}
