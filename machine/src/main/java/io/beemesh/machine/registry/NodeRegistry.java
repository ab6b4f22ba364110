package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's registry: its objects in memory, their history for watches, and the slots that they are
 * written through.
 *
 * <p>{@link #open} reads what is on disk, {@link #start} begins to serve, {@link #stop} ends with a
 * checkpoint.
 */
public final class NodeRegistry implements Registry {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRegistry.class);

    private final Loop loop;
    private final ObjectTable objects;
    private final ChangeLog changes;
    private final Watches watches;
    private final HomeSlots slots;
    private final List<Awaited> awaited = new ArrayList<>();
    private volatile long version;

    private record Awaited(long version, CompletableFuture<Boolean> future, Loop.Timer timeout) {}

    private NodeRegistry(Loop loop, PeerId self, Storage storage, RegistryConfig config) {
        this.loop = loop;
        this.objects = new ObjectTable(
                new NamespaceUsage(config.namespaceObjectsMax(), config.namespaceBytesMax()));
        this.changes = new ChangeLog(config.changesMax(), config.changeBytesMax());
        this.watches = new Watches(loop, config.progressInterval(), this::version);
        this.slots = new HomeSlots(loop, self, storage, config, objects, this::apply);
    }

    /**
     * Reads all that {@code storage} holds; fails if it makes no sense. Blocks; to be called before anything
     * runs on the loop.
     */
    public static NodeRegistry open(Loop loop, PeerId self, Storage storage, RegistryConfig config)
            throws IOException {
        NodeRegistry registry = new NodeRegistry(loop, self, storage, config);
        Storage.Recovered recovered = storage.recovered();
        recovered.loss().ifPresent(loss -> LOG.warn("Registry was not closed in order: {}", loss));
        try {
            registry.version = registry.slots.restore(recovered);
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage(), e);
        }
        registry.changes.startAt(registry.version);
        return registry;
    }

    /** Begins a term in each slot that holds something; nothing is to be read before this completes. */
    public CompletableFuture<Void> start() {
        return onLoop(slots::start);
    }

    /**
     * Ends all watches, refuses writes, lets those under way end, and makes a checkpoint; the storage can
     * be closed once this completes.
     */
    public CompletableFuture<Void> stop() {
        return onLoop(() -> {
            watches.close("the node is shutting down");
            return slots.stop();
        });
    }

    /** False once the disk failed or {@link #stop} was called; any thread. */
    public boolean isServing() {
        return slots.isServing();
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return objects.get(key);
    }

    @Override
    public List<StoredObject> peek(GroupResource type, String namespace) {
        loop.assertInside();
        return objects.list(type, namespace);
    }

    @Override
    public List<StoredObject> ownedBy(GroupResource type, String namespace, String controllerUid) {
        loop.assertInside();
        return objects.ownedBy(type, namespace, controllerUid);
    }

    @Override
    public CompletableFuture<Snapshot> list(GroupResource type, String namespace) {
        return onLoop(() -> CompletableFuture
                .completedFuture(new Snapshot(version, objects.list(type, namespace))));
    }

    @Override
    public CompletableFuture<Snapshot> listAt(GroupResource type, String namespace, long past) {
        return onLoop(() -> {
            try {
                return CompletableFuture.completedFuture(new Snapshot(past,
                        changes.undo(objects.list(type, namespace), type, namespace, past)));
            } catch (VersionExpiredException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    @Override
    public CompletableFuture<Boolean> awaitVersion(long wanted, Duration limit) {
        return onLoop(() -> {
            if (version >= wanted || slots.isBeyond(wanted)) {
                return CompletableFuture.completedFuture(version >= wanted);
            }
            CompletableFuture<Boolean> future = new CompletableFuture<>();
            Loop.Timer timeout = loop.schedule(limit, () -> {
                future.complete(false);
                awaited.removeIf(a -> a.future.isDone());
            });
            awaited.add(new Awaited(wanted, future, timeout));
            return future;
        });
    }

    @Override
    public long version() {
        return version;
    }

    @Override
    public CompletableFuture<Watch> watch(GroupResource type, String namespace, long fromVersion,
            WatchListener listener) {
        return onLoop(() -> {
            try {
                List<Change> missed = changes.after(type, namespace, fromVersion);
                return CompletableFuture
                        .completedFuture(watches.subscribe(type, namespace, listener, missed));
            } catch (VersionExpiredException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    @Override
    public void follow(WatchListener listener) {
        loop.assertInside();
        watches.follow(listener);
    }

    @Override
    public CompletableFuture<WriteResult> write(List<Mutation> mutations) {
        List<Mutation> copy = List.copyOf(mutations);
        int slot = WriteCheck.slotOf(copy);
        return onLoop(() -> {
            CompletableFuture<WriteResult> future = new CompletableFuture<>();
            slots.write(slot, copy, future);
            return future;
        });
    }

    /** Makes committed entries visible, then tells: watches first, then who wrote them. */
    private void apply(List<Proposal> committed) {
        List<Change> news = new ArrayList<>();
        for (Proposal proposal : committed) {
            for (LogEntry.Effect effect : proposal.effects()) {
                Change change = change(effect);
                if (!proposal.isReplayed()) {
                    news.add(change);
                }
            }
            version = Math.max(version, proposal.entry().version());
            if (proposal.isReplayed()) {
                // What came before it may have been overtaken by a checkpoint, so it makes no
                // history.
                changes.startAt(version);
            }
        }
        news.forEach(changes::add);
        if (!news.isEmpty()) {
            watches.deliver(List.copyOf(news));
        }
        for (Awaited waiter : List.copyOf(awaited)) {
            if (waiter.version <= version) {
                awaited.remove(waiter);
                waiter.timeout.cancel();
                waiter.future.complete(true);
            }
        }
        committed.forEach(Proposal::committed);
    }

    private Change change(LogEntry.Effect effect) {
        StoredObject object = effect.object();
        if (effect.deleted()) {
            return new Change(Change.Kind.DELETED, object, objects.remove(object.key()));
        }
        Optional<StoredObject> previous = objects.put(object);
        return new Change(previous.isPresent() ? Change.Kind.MODIFIED : Change.Kind.ADDED, object,
                previous);
    }

    /** At once if this is the loop, else as a task of its own. */
    private <T> CompletableFuture<T> onLoop(Supplier<CompletableFuture<T>> task) {
        if (loop.isInside()) {
            return task.get();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> task.get().whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(failure);
            }
        }));
        return result;
    }
}
