package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.beemesh.machine.object.ApiObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** Columns, each with the function that fills its cell. */
final class BasicColumns implements TableColumns {
    private final List<Column> columns = new ArrayList<>();
    private final List<BiFunction<JsonNode, Instant, JsonNode>> cells = new ArrayList<>();

    /** Begins with the Name column. */
    static BasicColumns named() {
        BasicColumns columns = new BasicColumns();
        columns.columns.add(new Column("Name", "string", "name",
                "Name must be unique within a namespace.", 0));
        columns.cells.add((o, now) -> JsonNodeFactory.instance
                .textNode(o.path("metadata").path("name").asText("")));
        return columns;
    }

    @Override
    public List<Column> columns() {
        return List.copyOf(columns);
    }

    @Override
    public List<JsonNode> cells(ApiObject object, Instant now) {
        return cells.stream().map(cell -> cell.apply(object.tree(), now)).toList();
    }
}
