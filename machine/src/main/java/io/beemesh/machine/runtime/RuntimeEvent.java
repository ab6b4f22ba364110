package io.beemesh.machine.runtime;

/** What a runtime tells by itself. */
public sealed interface RuntimeEvent {
    /** Something of the pod changed: look again. */
    record PodChanged(String podUid) implements RuntimeEvent {}

    /** The runtime answers again, and events may have been missed: look at everything. */
    record Connected() implements RuntimeEvent {}

    /** The runtime does not answer; nothing is known about the pods until it does. */
    record Disconnected(String reason) implements RuntimeEvent {}
}
