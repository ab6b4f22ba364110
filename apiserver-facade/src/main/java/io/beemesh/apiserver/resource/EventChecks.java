package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Checks of Events of events.k8s.io. Those that were written through the core group have no time of their
 * own and need less.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/">Event</a>
 */
final class EventChecks {
    private static final int NAME_CHARS_MAX = 128;
    private static final int NOTE_BYTES_MAX = 1024;

    private EventChecks() {}

    static void newEvent(ObjectNode event, Errors errors) {
        boolean old = !event.path("deprecatedFirstTimestamp").asText("").isEmpty();
        if (event.path("eventTime").asText("").isEmpty()) {
            if (!old) {
                errors.required("eventTime", "");
            }
            return;
        }
        for (String field : List.of("reportingController", "reportingInstance", "action",
                "reason", "type")) {
            String value = event.path(field).asText("");
            if (value.isEmpty()) {
                errors.required(field, "");
            } else if (value.length() > NAME_CHARS_MAX) {
                errors.invalid(field, "", "can have at most " + NAME_CHARS_MAX + " characters");
            }
        }
        if (event.path("note").asText("").length() > NOTE_BYTES_MAX) {
            errors.invalid("note", "", "can have at most " + NOTE_BYTES_MAX + " characters");
        }
    }

    static void series(Location at, Errors errors) {
        if (at.value().path("count").asLong(0) < 2) {
            errors.invalid("series.count", "", "should be at least 2");
        }
        if (at.value().path("lastObservedTime").asText("").isEmpty()) {
            errors.required("series.lastObservedTime", "");
        }
    }
}
