package io.beemesh.machine.controller;

import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.ForwardingRegistry;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Counts what is written to a registry, so that a test can see that nothing is; and lets a test call
 * what may only be called on the loop.
 */
public final class CountingRegistry extends ForwardingRegistry {
    private final SimulatedLoop loop;
    private long writes;

    CountingRegistry(SimulatedLoop loop, Registry registry) {
        super(registry);
        this.loop = loop;
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
    public List<StoredObject> peek(GroupResource type, String namespace) {
        return inside(() -> super.peek(type, namespace));
    }

    @Override
    public List<StoredObject> ownedBy(GroupResource type, String namespace,
            String controllerUid) {
        return inside(() -> super.ownedBy(type, namespace, controllerUid));
    }

    @Override
    public CompletableFuture<WriteResult> write(List<Mutation> mutations) {
        writes++;
        return super.write(mutations);
    }

    @Override
    public void follow(WatchListener listener) {
        loop.run(() -> super.follow(listener));
    }
}
