package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.TableColumns;
import io.beemesh.apiserver.resource.TableColumns.Column;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.time.Instant;

/**
 * Objects as rows for people.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables">receiving
 *     resources as tables</a>
 */
record Tables(TableColumns columns, Include include, Instant now) {
    /** What of each object goes into its row. */
    enum Include {
        NONE, METADATA, OBJECT
    }

    static Tables of(ApiRequest request, TableColumns columns, Instant now) {
        String include = request.parameter("includeObject").orElse("");
        return new Tables(columns, switch (include) {
            case "", "Metadata" -> Include.METADATA;
            case "None" -> Include.NONE;
            case "Object" -> Include.OBJECT;
            default -> throw StatusTable.badRequest("unrecognized includeObject value: \""
                    + include + "\": must be one of None, Metadata, Object");
        }, now);
    }

    /** A table without rows. */
    ObjectNode table(boolean withColumns) {
        ObjectNode table = Json.object();
        table.put("kind", "Table");
        table.put("apiVersion", "meta.k8s.io/v1");
        table.putObject("metadata");
        if (!withColumns) {
            table.putNull("columnDefinitions");
        } else {
            ArrayNode definitions = table.putArray("columnDefinitions");
            for (Column column : columns.columns()) {
                ObjectNode definition = definitions.addObject();
                definition.put("name", column.name());
                definition.put("type", column.type());
                definition.put("format", column.format());
                definition.put("description", column.description());
                definition.put("priority", column.priority());
            }
        }
        table.putArray("rows");
        return table;
    }

    void addRow(ObjectNode table, ApiObject object) {
        ObjectNode row = table.withArrayProperty("rows").addObject();
        ArrayNode cells = row.putArray("cells");
        for (JsonNode cell : columns.cells(object, now)) {
            cells.add(cell);
        }
        switch (include) {
            case NONE -> {
            }
            case METADATA -> row.set("object", partial(object));
            case OBJECT -> row.set("object", object.tree());
        }
    }

    /** Nothing of {@code object} but metadata. */
    static ObjectNode partial(ApiObject object) {
        ObjectNode partial = Json.object();
        partial.put("kind", "PartialObjectMetadata");
        partial.put("apiVersion", "meta.k8s.io/v1");
        partial.set("metadata", object.metadata());
        return partial;
    }
}
