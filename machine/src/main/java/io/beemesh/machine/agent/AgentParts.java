package io.beemesh.machine.agent;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.registry.Registry;
import java.util.random.RandomGenerator;

/** What all state machines of the agent share. */
record AgentParts(Loop loop, Registry registry, Machine machine, EventSink events,
        AgentConfig config, RandomGenerator random) {
    private static final String COMPONENT = "kubelet";

    void normal(ApiObject object, String reason, String message) {
        events.event(object, EventSink.Severity.NORMAL, reason, message, COMPONENT);
    }

    void warning(ApiObject object, String reason, String message) {
        events.event(object, EventSink.Severity.WARNING, reason, message, COMPONENT);
    }
}
