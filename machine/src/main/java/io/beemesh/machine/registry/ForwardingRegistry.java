package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A registry that is another one, but for what a subclass does in its own way. */
public abstract class ForwardingRegistry implements Registry {
    private final Registry registry;

    protected ForwardingRegistry(Registry registry) {
        this.registry = registry;
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return registry.get(key);
    }

    @Override
    public List<StoredObject> peek(GroupResource type, String namespace) {
        return registry.peek(type, namespace);
    }

    @Override
    public List<StoredObject> ownedBy(GroupResource type, String namespace,
            String controllerUid) {
        return registry.ownedBy(type, namespace, controllerUid);
    }

    @Override
    public boolean isDetached(String namespace) {
        return registry.isDetached(namespace);
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
    public CompletableFuture<Void> refresh(ObjectKey key) {
        return registry.refresh(key);
    }

    @Override
    public boolean isPrimary(ObjectKey key) {
        return registry.isPrimary(key);
    }

    @Override
    public Optional<PeerId> primary(ObjectKey key) {
        return registry.primary(key);
    }

    @Override
    public void onLead(Consumer<Predicate<ObjectKey>> listener) {
        registry.onLead(listener);
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
        return registry.write(mutations);
    }

    @Override
    public CompletableFuture<Watch> watch(GroupResource type, String namespace, long fromVersion,
            WatchListener listener) {
        return registry.watch(type, namespace, fromVersion, listener);
    }

    @Override
    public void follow(WatchListener listener) {
        registry.follow(listener);
    }
}
