package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.Storage.Outcome;
import io.beemesh.machine.registry.replica.Contents;
import io.beemesh.machine.registry.replica.Entry;
import io.beemesh.machine.registry.replica.HomeSet;
import io.beemesh.machine.registry.replica.Replica;
import io.beemesh.machine.registry.replica.Replicas;
import io.beemesh.machine.registry.replica.Role;
import io.beemesh.machine.registry.replica.SnapshotSource;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The slots that this node holds: takes entries of them through log and disk to their commit. */
final class HomeSlots implements Contents, LogWriter.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(HomeSlots.class);
    private static final Duration RETRY_SOON = Duration.ofSeconds(1);
    private static final Duration RETRY_LATER = Duration.ofSeconds(10);
    private static final Duration IDLE_CHECK_INTERVAL = Duration.ofMillis(1);
    /** How long a write waits for word of its entry after this node lost the role it made it in. */
    private static final Duration UNKNOWN_MAX = Duration.ofSeconds(5);

    /** Hears what happens to slots, on the loop. */
    interface Listener {
        /** Entries are committed; their proposals are to be answered. */
        void onCommitted(List<Proposal> committed);

        /** A whole slot was replaced by what another node sent. */
        void onReplaced(int slot, List<Change> changes, long version);

        /** Changes of forks are on disk; their proposals are to be answered. */
        void onForked(List<Proposal> forked);

        /** Role, term or primary of a slot may have changed. */
        void onRole(Slot slot);
    }

    private final Loop loop;
    private final PeerId self;
    private final Mesh mesh;
    private final RegistryConfig config;
    private final HybridClock clock;
    private final ObjectTable objects;
    private final Listener listener;
    private final Forks forks;
    private final LogWriter log;
    private final Checkpoints checkpoints;
    private final Replicas replicas;
    private final Snapshots snapshots;
    private final RecordCodec codec = new RecordCodec();
    private final Map<Integer, Slot> slots = new TreeMap<>();
    private List<Proposal> committed = new ArrayList<>();
    private BiConsumer<Integer, WriteResult> abandoned = (slot, result) -> {
    };
    private final Voice voice;
    private boolean restoring;
    private volatile Optional<String> unusable = Optional.empty();

    HomeSlots(Loop loop, Storage storage, RegistryConfig config, ObjectTable objects,
            Listener listener, Mesh mesh) {
        this.loop = loop;
        this.mesh = mesh;
        this.self = mesh.members().self();
        this.config = config;
        this.clock = new HybridClock(loop, self);
        this.objects = objects;
        this.listener = listener;
        this.log = new LogWriter(loop, storage, this);
        this.checkpoints = new Checkpoints(storage, this::stored, config.checkpointBytes());
        this.forks = new Forks(self, objects, clock, log, checkpoints, codec,
                mesh.rules());
        boolean forgetful = storage.recovered().replaces();
        this.voice = new Voice(loop, mesh.members(), forgetful);
        this.replicas = new Replicas(loop, self, mesh.random(), this, mesh.transport(),
                new Replicas.Settings(config.replica(), mesh.rules(), mesh.members().isNew(),
                        forgetful));
        this.snapshots = new Snapshots(objects, codec, config.namespaceBytesMax());
    }

    /** Takes over what is on disk; returns the highest version that checkpoints include. */
    long restore(Storage.Recovered recovered) throws IOException {
        restoring = true;
        long version = 0;
        for (Storage.SlotMark mark : recovered.marks()) {
            Slot slot = slot(mark.slot());
            slot.replica().restore(new Position(mark.entryTerm(), mark.sequence()), mark.homes());
            slot.replica().restoreVote(mark.vote().term(), mark.vote().candidate());
            slot.replica().restoreVoteless(mark.votelessUntil());
            slot.settled(mark.settled(), loop.nanoTime());
            slot.termEnds().restore(mark.termEnds());
            forks.restore(slot, mark.forked());
            slot.observe(mark.version());
            clock.observe(mark.version());
            version = Math.max(version, mark.version());
        }
        for (StoredObject object : recovered.objects()) {
            if (Pin.isStorageKey(object.key())) {
                forks.restore(slot(SlotMap.of(Pin.keyOf(object.key()))), object);
            } else {
                objects.put(object);
            }
        }
        for (LogRecord record : recovered.log()) {
            restore(record);
            checkpoints.changed(record.slot());
        }
        restoring = false;
        slots.values().forEach(Slot::onTold);
        version = Math.max(version, forks.show());
        LOG.info("Registry opened storage={} slots={} logged={}", recovered.storageId(),
                slots.size(), recovered.log().size());
        return version;
    }

    private void restore(LogRecord record) throws IOException {
        Slot slot = slot(record.slot());
        switch (record) {
            case LogRecord.Vote vote -> slot.replica().restoreVote(vote.term(), vote.candidate());
            case LogRecord.Voteless word -> slot.replica().restoreVoteless(word.until());
            case LogRecord.Fork line -> forks.restore(slot, line);
            case LogRecord.Entry entry -> {
                try {
                    slot.replica().restoreEntry(decode(
                            new Position(entry.term(), entry.sequence()), entry.payload()));
                } catch (RegistryException e) {
                    throw new IOException(e.getMessage(), e);
                }
            }
            case LogRecord.Snapshot part -> {
                Position position = new Position(part.term(), part.sequence());
                if (position.compareTo(slot.replica().committed()) > 0) {
                    Optional<Snapshots.Whole> whole = snapshots.restore(part);
                    if (whole.isPresent()) {
                        replace(slot, position, whole.get());
                    }
                }
            }
        }
    }

    Replicas replicas() {
        return replicas;
    }

    HybridClock clock() {
        return clock;
    }

    Forks forks() {
        return forks;
    }

    Voice voice() {
        return voice;
    }

    Collection<Slot> all() {
        return slots.values();
    }

    /** The slot if this node has a replica of it. */
    Optional<Slot> get(int number) {
        return replicas.get(number).map(r -> slot(number));
    }

    /** The slot, made if absent. */
    Slot slot(int number) {
        return slots.computeIfAbsent(number, n -> {
            Slot slot = new Slot(replicas.get(n, mesh.founders(n)));
            slot.remembersFrom(restoring
                    ? loop.nanoTime()
                    : loop.nanoTime() - 2 * Answers.KEPT.toNanos());
            return slot;
        });
    }

    /** False once the disk failed or the node is being stopped; any thread. */
    boolean isServing() {
        return unusable.isEmpty();
    }

    /** Refuses further writes; completes once all is on disk in a checkpoint. */
    CompletableFuture<Void> stop() {
        unusable = unusable.or(() -> Optional.of("the node is shutting down"));
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        finish(stopped);
        return stopped;
    }

    private void finish(CompletableFuture<Void> stopped) {
        if (!log.isIdle() || checkpoints.isBusy()) {
            loop.schedule(IDLE_CHECK_INTERVAL, () -> finish(stopped));
        } else {
            checkpoints.begin(this::mark, () -> stopped.complete(null));
        }
    }

    /** Why no writes are taken; empty if they are. */
    Optional<WriteResult> refusal() {
        if (unusable.isPresent()) {
            return Optional
                    .of(new WriteResult.Unavailable(unusable.get(), RETRY_LATER, false));
        }
        return log.waitingBytes() > config.waitingBytesMax()
                ? Optional.of(new WriteResult.Unavailable("too many writes wait for the disk",
                        RETRY_SOON, false))
                : Optional.empty();
    }

    private Storage.SlotMark mark(int number) {
        return slot(number).mark(forks.landed(number));
    }

    private Optional<StoredObject> stored(ObjectKey key) {
        return forks.stored(key);
    }

    // What replicas ask for.

    @Override
    public void store(int slot, long term, PeerId candidate) {
        log.append(new LogRecord.Vote(slot, term, candidate));
    }

    @Override
    public void store(int slot, Entry entry) {
        log.append(
                new LogRecord.Entry(slot, entry.term(), entry.sequence(), entry.payload()));
    }

    @Override
    public void storeVoteless(int slot, Position at, long until) {
        if (!restoring) {
            log.append(new LogRecord.Voteless(slot, at.term(), at.sequence(), until));
        }
    }

    @Override
    public Entry newStart(int slot, Position at, Position parent, HomeSet homes) {
        LogEntry start = new LogEntry.TermStart(parent.term(), parent.sequence(), homes,
                clock.next());
        return new Entry(at, start, RecordCodec.encode(start));
    }

    @Override
    public Entry newHomes(int slot, Position at, HomeSet homes) {
        LogEntry change = new LogEntry.Homes(homes, clock.next());
        return new Entry(at, change, RecordCodec.encode(change));
    }

    @Override
    public Entry decode(Position at, byte[] payload) throws RegistryException {
        try {
            return new Entry(at, codec.decodeEntry(payload), payload);
        } catch (IOException | IllegalArgumentException e) {
            throw new RegistryException("entry " + at + " is none: " + e.getMessage(), e);
        }
    }

    @Override
    public void onAppended(int number, Entry entry) {
        Slot slot = slot(number);
        // A home that is not alone may have lost what others have; what it finds is news again.
        slot.onAppended(entry, restoring && slot.replica().homes().size() == 1);
        clock.observe(((LogEntry) entry.content()).version());
        if (entry.content() instanceof Entry.Configuring change) {
            LOG.debug("Homes changed node={} slot={} entry={} homes={}", self, number,
                    entry.position(), change.homes());
        }
    }

    @Override
    public void onTruncated(int number, long sequence) {
        List<Proposal> lost = slot(number).onTruncated(sequence);
        if (!lost.isEmpty()) {
            WriteResult result = new WriteResult.Unavailable(
                    "another node leads slot " + number + " now", Duration.ZERO, false);
            lost.forEach(Proposal::settle);
            lost.forEach(p -> p.lost(result));
        }
    }

    @Override
    public void onCommitted(int number, List<Entry> entries) {
        if (committed.isEmpty()) {
            loop.execute(this::tellCommitted);
        }
        committed.addAll(slot(number).onCommitted(entries));
        snapshots.overtaken(number, entries.getLast().sequence());
        checkpoints.changed(number);
    }

    /** Hands over what was committed in this turn; what asks in the same turn sees it first. */
    void tellCommitted() {
        if (committed.isEmpty()) {
            return;
        }
        List<Proposal> done = committed;
        committed = new ArrayList<>();
        for (Proposal proposal : done) {
            proposal.effects().forEach(e -> checkpoints.changed(e.object().key()));
            proposal.settle();
        }
        listener.onCommitted(done);
        done.stream().map(Proposal::slot).distinct().forEach(n -> slot(n).onTold());
        checkpoints.consider(log.storedBytes(), this::mark);
    }

    @Override
    public boolean mayFound(int slot, Collection<PeerId> founders) {
        return voice.mayFound(slot, founders);
    }

    @Override
    public boolean areFounders(int slot, HomeSet homes) {
        return mesh.founders(slot).equals(homes);
    }

    @Override
    public boolean hasVoice() {
        return voice.isGiven();
    }

    @Override
    public long latestVersion() {
        return clock.latest();
    }

    @Override
    public void observeVersion(long version) {
        clock.observe(version);
    }

    @Override
    public boolean isRemoved(PeerId peer) {
        return mesh.members().isRemoved(peer);
    }

    @Override
    public void onRole(int number) {
        Slot slot = slot(number);
        if (slot.replica().role() == Role.PRIMARY) {
            LOG.debug("Term began node={} slot={} term={}", self, number,
                    slot.replica().term());
        } else if (!slot.isIdle()) {
            giveUpLater(slot.inFlight());
        }
        listener.onRole(slot);
    }

    /** Another primary decides what becomes of the entries; it is not waited for without end. */
    private void giveUpLater(List<Proposal> proposals) {
        loop.schedule(UNKNOWN_MAX, () -> {
            WriteResult unknown = new WriteResult.Unavailable(
                    "the slot lost its primary while it wrote", RETRY_SOON, true);
            proposals.forEach(p -> p.lost(unknown));
        });
    }

    // Snapshots.

    @Override
    public SnapshotSource snapshot(int number) {
        tellCommitted();
        return snapshots.of(slot(number), forks);
    }

    @Override
    public void onSnapshot(PeerId from, RegistryMessage.SnapshotPart part) {
        Replica replica = slot(part.slot()).replica();
        Snapshots.Taken taken = snapshots.take(from, part);
        switch (taken) {
            case Snapshots.Taken.More(int next) -> replica.snapshotReply(from, part, next);
            case Snapshots.Taken.Complete(List<LogRecord> records) -> records.forEach(log::append);
            case Snapshots.Taken.Nothing() -> {
                // It is being written.
            }
        }
    }

    private void replace(Slot slot, Position position, Snapshots.Whole whole) {
        slot.termEnds().restore(whole.mark().termEnds());
        forks.jump(slot, position);
        List<Change> changes = new ArrayList<>(snapshots.apply(slot.number(), whole, forks));
        slot.settled(whole.mark().settled(), loop.nanoTime());
        changes.addAll(forks.settle(slot, whole.mark().version()));
        changes.forEach(c -> checkpoints.changed(c.object().key()));
        checkpoints.changed(slot.number());
        slot.onTruncated(-1).forEach(p -> {
            p.settle();
            p.lost(new WriteResult.Unavailable("another node leads the slot now", RETRY_SOON,
                    true));
        });
        slot.observe(whole.mark().version());
        clock.observe(whole.mark().version());
        slot.replica().onSnapshotStored(position, whole.mark().homes());
        if (!restoring) {
            slot.remembersFrom(loop.nanoTime());
            listener.onReplaced(slot.number(), changes, whole.mark().version());
            slot.onTold();
        }
    }

    // The disk.

    @Override
    public void onStored(List<LogRecord> records) {
        for (LogRecord record : records) {
            Slot slot = slot(record.slot());
            checkpoints.changed(record.slot());
            switch (record) {
                case LogRecord.Fork line -> forks.onStored(slot, line).ifPresent(forked -> {
                    forked.settle();
                    listener.onForked(List.of(forked));
                });
                case LogRecord.Vote vote ->
                    slot.replica().onVoteStored(vote.term(), vote.candidate());
                case LogRecord.Voteless word -> slot.replica().onVotelessStored(word.until());
                case LogRecord.Entry entry -> slot.replica()
                        .onEntryStored(new Position(entry.term(), entry.sequence()));
                case LogRecord.Snapshot part -> {
                    if (part.last()) {
                        onSnapshotStored(slot, new Position(part.term(), part.sequence()));
                    }
                }
            }
        }
        tellCommitted();
    }

    private void onSnapshotStored(Slot slot, Position position) {
        tellCommitted();
        snapshots.stored(slot.number()).ifPresent(received -> {
            if (position.compareTo(slot.replica().committed()) > 0) {
                replace(slot, position, received.whole());
            }
            slot.replica().snapshotReply(received.from(), received.part(), Integer.MAX_VALUE);
        });
    }

    @Override
    public void onLost(Outcome outcome, List<LogRecord> unknown) {
        WriteResult result = switch (outcome) {
            case Outcome.Full(String reason) -> new WriteResult.Full(reason);
            case Outcome.Failed(String reason) -> {
                LOG.error("Disk failed, the registry takes no writes until a restart reason={}",
                        reason);
                unusable = Optional.of("the disk failed: " + reason);
                yield new WriteResult.Unavailable(reason, RETRY_LATER, !unknown.isEmpty());
            }
            case Outcome.Stored() -> throw new IllegalArgumentException("stored is not lost");
        };
        snapshots.abandon();
        forks.onLost().forEach(p -> {
            p.settle();
            p.lost(result);
        });
        for (Slot slot : List.copyOf(slots.values())) {
            boolean alone = slot.replica().homes().size() == 1;
            WriteResult told = alone
                    ? result
                    : new WriteResult.Unavailable("the disk takes no more", RETRY_SOON, true);
            slot.inFlight().forEach(p -> {
                if (p.position().sequence() > slot.replica().durable()) {
                    p.lost(told);
                }
            });
            if (slot.replica().abandon()) {
                abandoned.accept(slot.number(), told);
            }
        }
    }

    /** Calls {@code task} for each slot whose role was given up for the disk. */
    void onAbandoned(BiConsumer<Integer, WriteResult> task) {
        abandoned = task;
    }
}
