package io.beemesh.machine.controller;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** What every reconciler reads and writes with; on the loop. */
record Store(Loop loop, Registry registry, Admission admission, EventSink events) {
    Optional<StoredObject> get(ObjectKey key) {
        return registry.get(key);
    }

    /** In key order; an empty namespace means all. */
    List<StoredObject> list(GroupResource type, String namespace) {
        return registry.peek(type, namespace);
    }

    /** In key order. */
    List<StoredObject> ownedBy(GroupResource type, ApiObject owner) {
        return registry.ownedBy(type, owner.namespace(), owner.uid());
    }

    /** An empty batch whose Events say they come from {@code component}. */
    Batch batch(String component) {
        return new Batch(registry, admission, events, component, loop.wallTime());
    }

    Instant now() {
        return loop.wallTime();
    }

    /** As in {@code lastTransitionTime}: RFC 3339, whole seconds. */
    static String timestamp(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
