package io.beemesh.machine.event;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.event.EventSink.Severity;

/**
 * What somebody wants users to know.
 *
 * @param about a reference to the object
 */
record Note(ObjectNode about, Severity severity, String reason, String message,
        String component) {
    String namespace() {
        return about.path("namespace").asText("");
    }

    /** The object's uid: what the rate of notes is limited by. */
    String subject() {
        return component + '\n' + about.path("kind").asText("") + '\n' + namespace() + '\n'
                + about.path("name").asText("") + '\n' + about.path("uid").asText("");
    }

    /** Equal for notes that differ only in their text. */
    String similarity() {
        return subject() + '\n' + severity + '\n' + reason;
    }
}
