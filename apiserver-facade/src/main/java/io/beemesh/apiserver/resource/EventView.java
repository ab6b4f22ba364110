package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Events of events.k8s.io/v1, which are those of the core group with other names for some fields. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/">Event</a>
 */
public final class EventView {
    public static final GroupResource TYPE = new GroupResource("events.k8s.io", "events");
    /** Names here, and those in the core group. */
    private static final Map<String, String> FIELDS = Map.of("regarding", "involvedObject", "note",
            "message", "reportingController", "reportingComponent", "deprecatedSource", "source",
            "deprecatedFirstTimestamp", "firstTimestamp", "deprecatedLastTimestamp",
            "lastTimestamp", "deprecatedCount", "count");
    private static final Map<String, String> BACK = FIELDS.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));
    private static final String REGARDING = "regarding.";

    private EventView() {}

    /** The Event as it is kept. */
    public static ApiObject toCore(ApiObject event) {
        return renamed(event, "v1", FIELDS);
    }

    /** A kept Event as this group shows it. */
    public static ApiObject fromCore(ApiObject event) {
        return renamed(event, "events.k8s.io/v1", BACK);
    }

    /** The field selectors of this group, by those of kept Events. */
    public static Map<String, String> fieldsFromCore(Map<String, String> fields) {
        return fields.entrySet().stream().collect(Collectors.toMap(e -> path(e.getKey()),
                Map.Entry::getValue));
    }

    /** A selector of kept Events as this group calls it. */
    private static String path(String core) {
        int dot = core.indexOf('.');
        return dot < 0
                ? BACK.getOrDefault(core, core)
                : REGARDING + core.substring(dot + 1);
    }

    private static ApiObject renamed(ApiObject event, String apiVersion,
            Map<String, String> names) {
        ObjectNode tree = event.tree().objectNode();
        for (Map.Entry<String, JsonNode> field : event.tree().properties()) {
            tree.set(names.getOrDefault(field.getKey(), field.getKey()), field.getValue());
        }
        tree.put("apiVersion", apiVersion);
        return new ApiObject(tree);
    }

    /** Its columns are those of kept Events. */
    static TableColumns columns(TableColumns core) {
        return new TableColumns() {
            @Override
            public List<Column> columns() {
                return core.columns();
            }

            @Override
            public List<JsonNode> cells(ApiObject object, java.time.Instant now) {
                return core.cells(toCore(object), now);
            }
        };
    }
}
