package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.Role;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.machine.registry.replica.Transport;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's registry: its objects in memory, their history for watches, and the slots that they are
 * written through.
 *
 * <p>{@link #open} reads what is on disk, {@link #start} begins to serve, {@link #stop} ends with a
 * checkpoint.
 */
public final class NodeRegistry implements Registry, HomeSlots.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRegistry.class);

    private final Loop loop;
    private final ObjectTable objects;
    private final ChangeLog changes;
    private final Watches watches;
    private final HomeSlots slots;
    private final Mesh mesh;
    private final Router router;
    private final Barriers barriers;
    private final Placement placement;
    private final Answers answers;
    private final RegistryCounters counters = new RegistryCounters();
    private final List<Awaited> awaited = new ArrayList<>();
    private volatile long version;

    private record Awaited(long version, CompletableFuture<Boolean> future, Loop.Timer timeout) {}

    private NodeRegistry(Loop loop, Mesh mesh, Storage storage, RegistryConfig config) {
        this.loop = loop;
        this.objects = new ObjectTable(
                new NamespaceUsage(config.namespaceObjectsMax(), config.namespaceBytesMax()));
        this.changes = new ChangeLog(config.changesMax(), config.changeBytesMax());
        this.watches = new Watches(loop, config.progressInterval(), this::version);
        this.mesh = mesh;
        this.slots = new HomeSlots(loop, storage, config, objects, this, mesh);
        this.answers = new Answers(loop);
        this.router = new Router(loop, mesh, slots, answers, counters);
        this.barriers = new Barriers(loop, mesh, slots);
        this.placement = new Placement(loop, mesh.members(), slots, counters);
        slots.onAbandoned(router::refuse);
    }

    /**
     * Reads all that {@code storage} holds; fails if it makes no sense. Blocks; to be called before anything
     * runs on the loop.
     */
    public static NodeRegistry open(Loop loop, PeerId self, Storage storage, RegistryConfig config)
            throws IOException {
        return open(loop, Mesh.alone(self), storage, config);
    }

    /**
     * The same for a node in a mesh; nothing happens between nodes before {@link #start}.
     *
     * @param links carries messages; what it takes is to be given to {@link #onMessage}
     */
    public static NodeRegistry open(Loop loop, Members members, SlotHomes homes, Transport links,
            RandomGenerator random, Storage storage, RegistryConfig config) throws IOException {
        return open(loop, new Mesh(members, homes, links, random, Rules.all()), storage, config);
    }

    static NodeRegistry open(Loop loop, Mesh mesh, Storage storage, RegistryConfig config)
            throws IOException {
        NodeRegistry registry = new NodeRegistry(loop, mesh, storage, config);
        Storage.Recovered recovered = storage.recovered();
        recovered.loss().ifPresent(loss -> LOG.warn("Registry was not closed in order: {}", loss));
        try {
            registry.version = registry.slots.restore(recovered);
            registry.slots.checkOwner();
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage(), e);
        }
        registry.changes.startAt(registry.version);
        return registry;
    }

    /**
     * Begins a term in each slot that this node alone holds, and takes part in the others; nothing is to be
     * read before this completes.
     */
    public CompletableFuture<Void> start() {
        return onLoop(() -> {
            mesh.members().onChange(this::join);
            join();
            return router.begin();
        });
    }

    /** A node that is not alone has to look at the time. */
    private void join() {
        if (mesh.members().everyone().size() != 1) {
            slots.replicas().start();
            placement.start();
        }
    }

    /** Takes a message of another member. */
    public void onMessage(PeerId from, RegistryMessage message) throws RegistryException {
        loop.assertInside();
        try {
            switch (message) {
                case RegistryMessage.Request request -> {
                    if (request.kind() == Router.WRITE) {
                        router.onRequest(from, request);
                    } else {
                        barriers.onRequest(from, request);
                    }
                }
                case RegistryMessage.Response response -> {
                    if (response.kind() == Router.WRITE) {
                        router.onResponse(from, response);
                    } else {
                        barriers.onResponse(from, response);
                    }
                }
                case RegistryMessage.OfSlot _,RegistryMessage.Beat _,RegistryMessage.BeatReply _ ->
                    slots
                            .replicas().onMessage(from, message);
            }
        } catch (IOException e) {
            throw new RegistryException("bad message: " + e.getMessage(), e);
        }
    }

    /** A connection to a member is up. */
    public void onConnected(PeerId peer) {
        slots.replicas().onConnected(peer);
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
        return onLoop(() -> isAlone()
                ? CompletableFuture
                        .completedFuture(new Snapshot(version, objects.list(type, namespace)))
                : barrier(namespace).thenApply(v -> snapshot(type, namespace, v)));
    }

    /** What is here now; of several slots, what was there when all of them had passed {@code reached}. */
    private Snapshot snapshot(GroupResource type, String namespace, long reached) {
        List<StoredObject> now = objects.list(type, namespace);
        if (!namespace.isEmpty()) {
            return new Snapshot(slots.get(SlotMap.ofNamespace(namespace)).map(Slot::version)
                    .orElse(reached), now);
        }
        try {
            return new Snapshot(reached, changes.undo(now, type, namespace, reached));
        } catch (VersionExpiredException e) {
            return new Snapshot(reached, now);
        }
    }

    @Override
    public CompletableFuture<Void> refresh(ObjectKey key) {
        return onLoop(() -> isAlone()
                ? CompletableFuture.completedFuture(null)
                : barriers.await(List.of(SlotMap.of(key)), 0).thenAccept(v -> {
                }));
    }

    @Override
    public boolean isPrimary(int slot) {
        loop.assertInside();
        return isAlone() || slots.get(slot)
                .filter(s -> s.replica().isSettled() && s.replica().hasLease()).isPresent();
    }

    /** How a slot is here, in a line for logs. */
    String describe(int slot) {
        return slots.get(slot).map(s -> s.replica().toString()).orElse("no replica");
    }

    RegistryCounters counters() {
        return counters;
    }

    private boolean isAlone() {
        return mesh.members().everyone().size() == 1;
    }

    /** Waits until all that was committed is here; the version that this is. */
    private CompletableFuture<Long> barrier(String namespace) {
        List<Integer> numbers = namespace.isEmpty()
                ? slots.all().stream().map(Slot::number).toList()
                : List.of(SlotMap.ofNamespace(namespace));
        if (numbers.isEmpty()) {
            return CompletableFuture.completedFuture(version);
        }
        // The second round moves the clocks of all slots beyond what the first one saw.
        return barriers.await(numbers, version)
                .thenCompose(v -> numbers.size() == 1
                        ? CompletableFuture.completedFuture(v)
                        : barriers.await(numbers, v));
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
            router.write(slot, copy, future);
            return future;
        });
    }

    /** Makes committed entries visible, then tells: watches first, then who wrote them. */
    @Override
    public void onCommitted(List<Proposal> committed) {
        List<Change> news = new ArrayList<>();
        for (Proposal proposal : committed) {
            for (LogEntry.Effect effect : proposal.effects()) {
                if (isOvertaken(effect)) {
                    continue;
                }
                Change change = change(effect);
                if (!proposal.isReplayed()) {
                    news.add(change);
                }
            }
            version = Math.max(version, proposal.entry().version());
            if (proposal.request() != 0) {
                answers.put(proposal.request(), proposal.result());
            }
            if (proposal.isReplayed()) {
                // What came before it may have been overtaken by a checkpoint, so it makes no
                // history.
                changes.startAt(version);
            }
        }
        tell(news);
        committed.forEach(Proposal::committed);
    }

    /** A checkpoint may hold a later state than an entry that is found again behind it. */
    private boolean isOvertaken(LogEntry.Effect effect) {
        return objects.get(effect.object().key())
                .filter(o -> o.version() >= effect.object().version()).isPresent();
    }

    @Override
    public void onReplaced(List<Change> news, long reached) {
        counters.snapshots++;
        version = Math.max(version, reached);
        tell(news);
    }

    @Override
    public void onRole(Slot slot) {
        if (slot.replica().role() == Role.PRIMARY) {
            counters.takeovers++;
        }
        placement.onRole(slot);
        router.onRole(slot);
    }

    private void tell(List<Change> news) {
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
