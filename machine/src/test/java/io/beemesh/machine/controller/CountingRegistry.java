package io.beemesh.machine.controller;

import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Counts what is written to a registry, so that a test can see that nothing is; and lets a test call
 * what may only be called on the loop.
 */
public final class CountingRegistry implements Registry {
    private final SimulatedLoop loop;
    private final Registry registry;
    private long writes;

    CountingRegistry(SimulatedLoop loop, Registry registry) {
        this.loop = loop;
        this.registry = registry;
    }

    private <T> T inside(Supplier<T> call) {
        AtomicReference<T> result = new AtomicReference<>();
        loop.run(() -> result.set(call.get()));
        return result.get();
    }

    /** Writes asked for so far. */
    public long writes() {
        return writes;
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return registry.get(key);
    }

    @Override
    public List<StoredObject> peek(GroupResource type, String namespace) {
        return inside(() -> registry.peek(type, namespace));
    }

    @Override
    public List<StoredObject> ownedBy(GroupResource type, String namespace,
            String controllerUid) {
        return inside(() -> registry.ownedBy(type, namespace, controllerUid));
    }

    @Override
    public CompletableFuture<Snapshot> list(GroupResource type, String namespace) {
        return registry.list(type, namespace);
    }

    @Override
    public CompletableFuture<Snapshot> listAt(GroupResource type, String namespace,
            long version) {
        return registry.listAt(type, namespace, version);
    }

    @Override
    public CompletableFuture<Boolean> awaitVersion(long version, Duration limit) {
        return registry.awaitVersion(version, limit);
    }

    @Override
    public long version() {
        return registry.version();
    }

    @Override
    public CompletableFuture<WriteResult> write(List<Mutation> mutations) {
        writes++;
        return registry.write(mutations);
    }

    @Override
    public CompletableFuture<Watch> watch(GroupResource type, String namespace,
            long fromVersion, WatchListener listener) {
        return registry.watch(type, namespace, fromVersion, listener);
    }

    @Override
    public void follow(WatchListener listener) {
        loop.run(() -> registry.follow(listener));
    }
}
