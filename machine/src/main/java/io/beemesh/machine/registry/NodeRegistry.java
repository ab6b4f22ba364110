package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.HomeSet;
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
import java.util.function.Consumer;
import java.util.function.Predicate;
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
public final class NodeRegistry
        implements
            Registry,
            HomeSlots.Listener,
            Detachment.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRegistry.class);

    private final Loop loop;
    private final View view;
    private final ObjectTable objects;
    private final HomeSlots slots;
    private final Mesh mesh;
    private final Router router;
    private final Barriers barriers;
    private final Reads reads;
    private final Inbox inbox;
    private final Placement placement;
    private final Answers answers;
    private final RegistryCounters counters = new RegistryCounters();
    private final Leads leads;
    private final Detachment detachment;
    private final Merging merging;
    private volatile boolean alone;

    private NodeRegistry(Loop loop, Mesh mesh, Storage storage, RegistryConfig config) {
        this.loop = loop;
        this.view = new View(loop, config);
        this.objects = view.objects();
        this.mesh = mesh;
        this.slots = new HomeSlots(loop, storage, config, objects, this, mesh);
        this.answers = new Answers(loop);
        Primary primary = new Primary(config, objects.usage());
        this.detachment = new Detachment(loop, mesh, slots, config, counters, this);
        Side side = detachment.side();
        this.router = new Router(loop, mesh, slots, new Writes(slots, primary), answers,
                counters, (slot, task) -> side.refresh(slot, shown -> task.run()));
        this.barriers = new Barriers(loop, mesh, slots, counters, side);
        Discovery discovery = new Discovery(loop, mesh, slots, detachment);
        this.reads = new Reads(loop, slots, discovery, barriers, view);
        this.inbox = new Inbox(slots, router, barriers, discovery, side);
        this.placement = new Placement(loop, mesh.members(), slots, counters);
        this.leads = new Leads(loop, slots);
        this.merging = new Merging(loop, mesh.members().self(), mesh.rules(), slots, router,
                barriers, counters, this::onMerged);
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
            registry.view.reach(registry.slots.restore(recovered));
            registry.checkOwner();
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage(), e);
        }
        registry.view.beginHistory();
        return registry;
    }

    /** The slots are another node's if this one is alone and cannot be a home of any; in a mesh they may have moved. */
    private void checkOwner() throws IOException {
        for (Slot slot : slots.all()) {
            HomeSet homes = slot.replica().homes();
            if (mesh.isAlone() && homes.size() == 1 && !homes.contains(mesh.members().self())
                    && slot.replica().votedFor().equals(homes.members().getFirst())) {
                throw new IOException("the registry on disk is another node's: homes of slot "
                        + slot.number() + " are " + homes + ", this is " + mesh.members().self());
            }
        }
    }

    /**
     * Begins a term in each slot that this node alone holds, and takes part in the others; nothing is to be
     * read before this completes. A member of a mesh waits until it has all that the others have: one that
     * has just joined for however long that takes, another for as long as a read would.
     */
    public CompletableFuture<Void> start() {
        return onLoop(() -> {
            alone = isAlone();
            if (alone) {
                reads.caughtUp();
            }
            mesh.members().onChange(this::join);
            join();
            return router.begin().thenCompose(begun -> alone
                    ? CompletableFuture.<Void>completedFuture(null)
                    : reads.catchUp());
        });
    }

    /** A node that is not alone has to look at the time. */
    private void join() {
        alone = isAlone();
        if (!alone) {
            slots.replicas().start();
            placement.start();
            leads.start();
            detachment.start();
            merging.start();
        }
    }

    /** Takes a message of another member. */
    public void onMessage(PeerId from, RegistryMessage message) throws RegistryException {
        loop.assertInside();
        inbox.onMessage(from, message);
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
            view.close(n -> true, "the node is shutting down");
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
        return onLoop(() -> alone
                ? CompletableFuture
                        .completedFuture(new Snapshot(version(), objects.list(type, namespace)))
                : reads.list(type, namespace));
    }

    @Override
    public boolean isDetached(String namespace) {
        return slots.forks().isDetached(namespace);
    }

    @Override
    public CompletableFuture<Void> refresh(ObjectKey key) {
        // Who is alone is not to wait for the loop.
        return alone
                ? CompletableFuture.completedFuture(null)
                : onLoop(() -> barriers.await(List.of(SlotMap.of(key)), 0).thenAccept(v -> {
                }));
    }

    @Override
    public boolean isPrimary(ObjectKey key) {
        loop.assertInside();
        return alone || leads.isPrimary(SlotMap.of(key));
    }

    @Override
    public Optional<PeerId> primary(ObjectKey key) {
        loop.assertInside();
        int slot = SlotMap.of(key);
        return slots.forks().servedBy(slot)
                .or(() -> slots.get(slot).flatMap(s -> s.replica().primary()));
    }

    @Override
    public void onLead(Consumer<Predicate<ObjectKey>> listener) {
        loop.assertInside();
        leads.onLead(gained -> listener.accept(key -> gained.contains(SlotMap.of(key))));
    }

    /** False where {@link #start} ended before a majority of the members answered; any thread. */
    public boolean isCaughtUp() {
        return alone || reads.isCaughtUp();
    }

    /** How a slot is here, in a line for logs. */
    String describe(int slot) {
        return slots.get(slot).map(s -> s.replica().toString()).orElse("no replica");
    }

    /** Makes what this node does alone part of {@code meters}. */
    public void show(Meters meters) {
        counters.show(meters, slots.forks());
    }

    RegistryCounters counters() {
        return counters;
    }

    /** Whether nobody else is in the mesh, or decides on anything that this node holds. */
    private boolean isAlone() {
        PeerId self = mesh.members().self();
        return mesh.isAlone() && !mesh.members().isJoining() && slots.forks().isEmpty()
                && slots.all().stream()
                        .allMatch(s -> s.replica().homes().members().equals(List.of(self)));
    }

    /** All slots of which this node has a replica, in order; on the loop only. */
    public List<SlotStatus> slots() {
        loop.assertInside();
        return slots.all().stream().map(s -> SlotStatus.of(s, slots.forks(), mesh.members()))
                .toList();
    }

    /** Whether other nodes count on what this one holds; on the loop only. */
    public boolean isHome() {
        loop.assertInside();
        PeerId self = mesh.members().self();
        return slots.all().stream().map(Slot::replica).anyMatch(
                r -> r.committedHomes().contains(self) && r.committedHomes().size() > 1);
    }

    @Override
    public CompletableFuture<Snapshot> listAt(GroupResource type, String namespace, long past) {
        return onLoop(() -> {
            try {
                return CompletableFuture
                        .completedFuture(new Snapshot(past, view.at(type, namespace, past)));
            } catch (VersionExpiredException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    @Override
    public CompletableFuture<Boolean> awaitVersion(long wanted, Duration limit) {
        return onLoop(() -> {
            boolean seen = version() >= wanted;
            return seen || slots.clock().isBeyond(wanted)
                    ? CompletableFuture.completedFuture(seen)
                    : view.await(wanted, limit);
        });
    }

    @Override
    public long version() {
        return view.version();
    }

    @Override
    public CompletableFuture<Watch> watch(GroupResource type, String namespace, long fromVersion,
            WatchListener listener) {
        return onLoop(() -> {
            try {
                if (!slots.forks().canGoOn(namespace, fromVersion)) {
                    throw new VersionExpiredException(fromVersion, version());
                }
                return CompletableFuture
                        .completedFuture(view.watch(type, namespace, fromVersion, listener));
            } catch (VersionExpiredException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    @Override
    public void follow(WatchListener listener) {
        loop.assertInside();
        view.follow(listener);
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
        boolean homesChanged = false;
        for (Proposal proposal : committed) {
            for (LogEntry.Effect effect : proposal.effects()) {
                if (slots.forks().absorb(proposal.slot(), effect) || isOvertaken(effect)) {
                    continue;
                }
                List<Change> changed = objects.apply(effect);
                if (!proposal.isReplayed()) {
                    news.addAll(changed);
                }
            }
            if (proposal.taken().isPresent()) {
                Slot slot = slots.slot(proposal.slot());
                slot.settled(proposal.taken().get(), loop.nanoTime());
                news.addAll(slots.forks().settle(slot, proposal.entry().version()));
                detachment.side().onSettled(slot);
            }
            view.reach(proposal.entry().version());
            homesChanged |= proposal.entry() instanceof LogEntry.Homes;
            if (proposal.request() != 0) {
                answers.put(proposal.request(), proposal.result());
            }
            if (proposal.isReplayed()) {
                // What came before it may have been overtaken by a checkpoint, so it makes no
                // history.
                view.beginHistory();
            }
        }
        view.tell(news);
        committed.forEach(Proposal::committed);
        if (homesChanged) {
            alone = isAlone();
        }
        if (!alone) {
            committed.stream().map(Proposal::slot).distinct()
                    .forEach(n -> leads.look(slots.slot(n)));
        }
    }

    /** A checkpoint may hold a later state than an entry that is found again behind it. */
    private boolean isOvertaken(LogEntry.Effect effect) {
        return objects.get(effect.object().key())
                .filter(o -> o.version() >= effect.object().version()).isPresent();
    }

    @Override
    public void onReplaced(int slot, List<Change> news, long reached) {
        counters.snapshots++;
        view.reach(reached);
        view.tell(news);
        // What came and went meanwhile is not told; a client may know of it from another node.
        restart(slot, "this node missed changes");
    }

    @Override
    public void onRole(Slot slot) {
        if (slot.replica().role() == Role.PRIMARY) {
            counters.takeovers++;
        }
        placement.onRole(slot);
        detachment.onRole(slot);
        router.onRole(slot);
        leads.look(slot);
    }

    /** Makes changes of forks visible, then tells: watches first, then who wrote them. */
    @Override
    public void onForked(List<Proposal> forked) {
        List<Change> news = new ArrayList<>();
        for (Proposal proposal : forked) {
            proposal.effects().forEach(e -> news.addAll(objects.apply(e)));
            view.reach(proposal.entry().version());
        }
        view.tell(news);
        forked.forEach(Proposal::committed);
    }

    @Override
    public void onOpened(Slot slot) {
        LOG.warn("Slot detached, this side has no majority of its homes slot={} term={} entry={}",
                slot.number(), slot.replica().term(), slot.replica().last());
        router.onServed(slot);
        leads.look(slot);
    }

    @Override
    public void onClosed(Slot slot) {
        leads.look(slot);
        restart(slot.number(), "the mesh is one again");
    }

    /** Who watches a slot lists anew, as it may have missed changes that are below versions told here. */
    private void restart(int slot, String reason) {
        view.forgetHistory(slots.clock());
        view.close(n -> n.isEmpty() || SlotMap.ofNamespace(n) == slot, reason);
    }

    @Override
    public void onMirrored(Slot slot, List<Change> news, boolean first) {
        news.forEach(c -> view.reach(c.version()));
        if (first) {
            restart(slot.number(), "another node serves the slot without a majority");
        }
        view.tell(news);
        router.onServed(slot);
    }

    @Override
    public void onMirrorEnded(Slot slot, List<Change> news) {
        news.forEach(c -> view.reach(c.version()));
        restart(slot.number(), "the slot is served elsewhere");
        view.tell(news);
        alone = isAlone();
        router.onServed(slot);
        leads.look(slot);
    }

    private void onMerged(Slot slot) {
        LOG.info("Slot attached again slot={} term={}", slot.number(), slot.replica().term());
        counters.attached.increment();
        view.forgetHistory(slots.clock());
        alone = isAlone();
        router.onServed(slot);
        leads.look(slot);
    }

    private <T> CompletableFuture<T> onLoop(Supplier<CompletableFuture<T>> task) {
        return OnLoop.run(loop, task);
    }
}
