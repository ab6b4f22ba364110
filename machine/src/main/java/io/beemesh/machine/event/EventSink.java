package io.beemesh.machine.event;

import io.beemesh.machine.object.ApiObject;

/** Takes notes for users; they become Event objects, repeated ones as a count. On the loop. */
public interface EventSink {
    /**
     * Notes what happened to {@code object}.
     *
     * @param reason in Kubernetes' words, such as {@code FailedScheduling}
     * @param component who says so, such as {@code kubelet} or {@code deployment-controller}
     */
    void event(ApiObject object, Severity severity, String reason, String message,
            String component);

    /** An Event's type. */
    enum Severity {
        NORMAL("Normal"), WARNING("Warning");

        private final String text;

        Severity(String text) {
            this.text = text;
        }

        /** As in the Event's {@code type}. */
        public String text() {
            return text;
        }
    }
}
