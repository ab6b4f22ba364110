package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import java.time.Instant;
import java.util.List;

/** How {@code kubectl get} shows a kind. */
public interface TableColumns {
    List<Column> columns();

    /** One cell for each column: strings, or whole numbers where the column's type is integer. */
    List<JsonNode> cells(ApiObject object, Instant now);

    /** The columns of a Scale. */
    static TableColumns ofScale() {
        return BasicColumns.named().number("Desired", "Replicas wanted", "spec.replicas")
                .number("Available", "Replicas there are", "status.replicas").age();
    }

    /**
     * As in a Table's columnDefinitions.
     *
     * @param type string, integer, date
     * @param format {@code name} for the Name column, else empty
     * @param priority 0 always, 1 with {@code -o wide}
     */
    record Column(String name, String type, String format, String description, int priority) {}
}
