package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.beemesh.machine.object.ApiObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Columns in the order in which they are added, each with the function that fills its cell. */
final class BasicColumns implements TableColumns {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private final List<Column> columns = new ArrayList<>();
    private final List<BiFunction<JsonNode, Instant, JsonNode>> cells = new ArrayList<>();

    /** Begins with the Name column. */
    static BasicColumns named() {
        return new BasicColumns().name(0);
    }

    BasicColumns name(int priority) {
        return add(new Column("Name", "string", "name",
                "Name, unique among the objects of its kind in a namespace", priority),
                (o, now) -> NODES.textNode(o.path("metadata").path("name").asText("")));
    }

    /** A text that the whole object says. */
    BasicColumns text(String name, String description, Function<JsonNode, String> cell) {
        return add(new Column(name, "string", "", description, 0),
                (o, now) -> NODES.textNode(cell.apply(o)));
    }

    /** A text at a dotted path; empty if absent. */
    BasicColumns text(String name, String description, String path) {
        return text(name, description, o -> TreePath.at(o, path).asText(""));
    }

    /** One that needs the time. */
    BasicColumns timed(String name, String description,
            BiFunction<JsonNode, Instant, String> cell) {
        return add(new Column(name, "string", "", description, 0),
                (o, now) -> NODES.textNode(cell.apply(o, now)));
    }

    /** A whole number at a dotted path; zero if absent. */
    BasicColumns number(String name, String description, String path) {
        return add(new Column(name, "integer", "", description, 0),
                (o, now) -> NODES.numberNode(TreePath.at(o, path).asLong(0)));
    }

    /** A whole number that the object says. */
    BasicColumns number(String name, String description, int priority,
            Function<JsonNode, Long> cell) {
        return add(new Column(name, "integer", "", description, priority),
                (o, now) -> NODES.numberNode(cell.apply(o)));
    }

    /** A text that only {@code -o wide} shows. */
    BasicColumns wide(String name, String description, Function<JsonNode, String> cell) {
        return add(new Column(name, "string", "", description, 1),
                (o, now) -> NODES.textNode(cell.apply(o)));
    }

    BasicColumns wideTimed(String name, String description,
            BiFunction<JsonNode, Instant, String> cell) {
        return add(new Column(name, "string", "", description, 1),
                (o, now) -> NODES.textNode(cell.apply(o, now)));
    }

    BasicColumns age() {
        return timed("Age", "Time since the object was created",
                (o, now) -> Durations.since(o.path("metadata").path("creationTimestamp"), now));
    }

    @Override
    public List<Column> columns() {
        return List.copyOf(columns);
    }

    @Override
    public List<JsonNode> cells(ApiObject object, Instant now) {
        return cells.stream().map(cell -> cell.apply(object.tree(), now)).toList();
    }

    private BasicColumns add(Column column, BiFunction<JsonNode, Instant, JsonNode> cell) {
        columns.add(column);
        cells.add(cell);
        return this;
    }
}
