package io.beemesh.machine.controller;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Brings the world a step nearer to what one object says: reads the registry, computes, writes.
 *
 * <p>On the loop. A key is never reconciled twice at a time, and a write's changes are visible before
 * its future completes, so what is read includes everything that this reconciler wrote.
 */
interface Reconciler {
    /** One step for {@code key}, whose object may be gone. */
    CompletableFuture<Outcome> reconcile(ObjectKey key);

    /** Names the keys that {@code change} concerns; cheap, without parsing if possible. */
    void route(Change change, Consumer<ObjectKey> enqueue);

    /** Names the keys to look at when the node starts, and each time it begins to decide on some. */
    void start(Consumer<ObjectKey> enqueue);

    /**
     * Objects outside of the slot of {@code key} whose absence would decide something; they are as the mesh
     * has them when {@link #reconcile} is called.
     */
    default List<ObjectKey> judgedBy(ObjectKey key) {
        return List.of();
    }

    /** For logs. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** How a step ended. */
    sealed interface Outcome {
        /** Nothing to do until something changes. */
        record Done() implements Outcome {}

        /** To be looked at again after {@code delay}, or when something changes. */
        record After(Duration delay) implements Outcome {}

        /** To be tried again with back-off. */
        record Retry(String reason) implements Outcome {}
    }

    /** A step that needs no more. */
    static CompletableFuture<Outcome> done() {
        return CompletableFuture.completedFuture(new Outcome.Done());
    }
}
