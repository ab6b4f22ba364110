package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.Entry;
import io.beemesh.machine.registry.replica.HomeSet;
import io.beemesh.machine.registry.replica.Replica;
import io.beemesh.protocol.registry.Position;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** What a node knows of one slot beside its committed objects: entries in flight and what they change. */
final class Slot {
    /** So long one part of a fork is waited for; it comes within milliseconds while its node is there. */
    static final Duration PARTLY_MAX = Duration.ofSeconds(10);

    private final Replica replica;
    /** Entries that are not committed yet, in order. */
    private final ArrayDeque<Proposal> inFlight = new ArrayDeque<>();
    /** The last change in flight of each object that has one. */
    private final Map<ObjectKey, LogEntry.Effect> pending = new HashMap<>();
    /** Entries in flight that were passed on by another node. */
    private final Map<Long, Proposal> requests = new HashMap<>();
    private Optional<Proposal> proposing = Optional.empty();
    private final List<Waiter> waiters = new ArrayList<>();
    private long version;
    private Position told = Position.NONE;
    private long toldVersion;
    private HomeSet toldHomes;
    private long rememberedSince;
    private Map<PeerId, Storage.Settled> settled = Map.of();
    private final TermEnds termEnds = new TermEnds();
    /** Whose forks are taken in in part, and when the last part came. */
    private final Map<PeerId, Long> partly = new TreeMap<>();

    Slot(Replica replica) {
        this.replica = replica;
        this.toldHomes = replica.homes();
    }

    int number() {
        return replica.slot();
    }

    Replica replica() {
        return replica;
    }

    /** Whether this node has nothing of it: perhaps nobody has begun it. */
    boolean isNew() {
        return replica.last().equals(Position.NONE);
    }

    /** The highest version that is committed here and told. */
    long version() {
        return toldVersion;
    }

    /** Where the terms of its log ended. */
    TermEnds termEnds() {
        return termEnds;
    }

    /** The highest version in the log, committed or not. */
    long lastVersion() {
        return inFlight.isEmpty() ? version : inFlight.getLast().entry().version();
    }

    /** The last entry that is committed, or in flight with a version not above the given one. */
    long sequenceAt(long version) {
        return inFlight.reversed().stream().filter(p -> p.entry().version() <= version)
                .mapToLong(p -> p.position().sequence()).findFirst()
                .orElse(replica.committed().sequence());
    }

    void observe(long committedVersion) {
        version = Math.max(version, committedVersion);
    }

    /**
     * The position up to which all is committed and told.
     *
     * @param forked the last line of this node's fork that is shown
     */
    Storage.SlotMark mark(long forked) {
        return new Storage.SlotMark(number(), told.sequence(), told.term(), toldVersion,
                new Storage.LogRecord.Vote(number(), replica.term(), replica.votedFor()),
                toldHomes, replica.votelessUntil(), forked, settled, termEnds.all());
    }

    /** Up to which change the log has the fork of a node. */
    Storage.Settled settled(PeerId owner) {
        return settled.getOrDefault(owner, Storage.Settled.NOTHING);
    }

    /** The same as the next entry would find it. */
    Storage.Settled settledNext(PeerId owner) {
        return inFlight.reversed().stream().map(Proposal::taken).flatMap(Optional::stream)
                .filter(s -> s.owner().equals(owner)).findFirst()
                .map(Storage.Settled::of)
                .orElseGet(() -> settled(owner));
    }

    void settled(Settle settle, long now) {
        Map<PeerId, Storage.Settled> all = new TreeMap<>(settled);
        all.put(settle.owner(), Storage.Settled.of(settle));
        settled(all, now);
    }

    /** Takes over what a checkpoint or a snapshot says. */
    void settled(Map<PeerId, Storage.Settled> all, long now) {
        all.forEach((owner, part) -> {
            if (!part.more()) {
                partly.remove(owner);
            } else if (!part.equals(settled(owner))) {
                partly.put(owner, now);
            }
        });
        settled = all;
    }

    /**
     * Whether the log has a part of a fork, and its node has said within {@link #PARTLY_MAX} that more is on its
     * way. Who decides on objects waits, as it would count what is there and make what is about to come; and not
     * for ever, as that node may be gone.
     */
    boolean isPartlyMerged(long now) {
        return partly.values().stream().anyMatch(since -> now - since < PARTLY_MAX.toNanos());
    }

    /** The state of an object as the next entry would meet it. */
    Optional<StoredObject> state(ObjectKey key,
            Function<ObjectKey, Optional<StoredObject>> committedState) {
        LogEntry.Effect effect = pending.get(key);
        if (effect == null) {
            return committedState.apply(key);
        }
        return effect.deleted() ? Optional.empty() : Optional.of(effect.object());
    }

    /** Whether an entry in flight changes the object. */
    boolean isPending(ObjectKey key) {
        return pending.containsKey(key);
    }

    /** The last entry in flight; only while there is one. */
    Proposal lastInFlight() {
        return inFlight.getLast();
    }

    boolean isIdle() {
        return inFlight.isEmpty();
    }

    /** The entry in flight that a request of another node became. */
    Optional<Proposal> request(long id) {
        return Optional.ofNullable(requests.get(id));
    }

    /** Appends an entry as primary. */
    Proposal propose(LogEntry content, byte[] payload) {
        Entry entry = new Entry(replica.nextPosition(), content, payload);
        Proposal proposal = new Proposal(number(), entry.position(), content, false);
        proposing = Optional.of(proposal);
        replica.propose(entry);
        return proposal;
    }

    /**
     * The entry is at the end of the log.
     *
     * @param restored whether it was found on disk, where a checkpoint may have its effects already
     */
    void onAppended(Entry entry, boolean restored) {
        Proposal proposal = proposing
                .orElseGet(
                        () -> new Proposal(number(), entry.position(), content(entry), restored));
        proposing = Optional.empty();
        inFlight.add(proposal);
        index(proposal);
    }

    private static LogEntry content(Entry entry) {
        return (LogEntry) entry.content();
    }

    private void index(Proposal proposal) {
        proposal.effects().forEach(e -> pending.put(e.object().key(), e));
        if (proposal.request() != 0) {
            requests.put(proposal.request(), proposal);
        }
    }

    /** Entries after {@code sequence} are no part of the log any more; returns them. */
    List<Proposal> onTruncated(long sequence) {
        List<Proposal> lost = new ArrayList<>();
        while (!inFlight.isEmpty() && inFlight.getLast().position().sequence() > sequence) {
            lost.addFirst(inFlight.removeLast());
        }
        pending.clear();
        requests.clear();
        inFlight.forEach(this::index);
        return lost;
    }

    /** The entries are committed; returns them as they were proposed. */
    List<Proposal> onCommitted(List<Entry> entries) {
        List<Proposal> done = new ArrayList<>();
        for (Entry entry : entries) {
            Proposal proposal = inFlight.remove();
            if (!proposal.position().equals(entry.position())) {
                throw new IllegalStateException("slot " + number() + " commits "
                        + entry.position() + " where " + proposal.position() + " is next");
            }
            observe(proposal.entry().version());
            if (proposal.entry() instanceof LogEntry.TermStart start) {
                termEnds.began(start);
            }
            done.add(proposal);
            proposal.effects().forEach(e -> pending.remove(e.object().key(), e));
            if (proposal.request() != 0) {
                requests.remove(proposal.request(), proposal);
            }
        }
        return done;
    }

    /** Since when this node remembers the requests that were committed in the slot. */
    long rememberedSince() {
        return rememberedSince;
    }

    /** Earlier requests are not known here. */
    void remembersFrom(long nanoTime) {
        rememberedSince = nanoTime;
    }

    /** Runs {@code task} once all up to {@code sequence} is committed and told here, or it took too long. */
    void whenCommitted(long sequence, Loop loop, Duration limit, Runnable task) {
        if (told.sequence() >= sequence) {
            task.run();
            return;
        }
        Waiter waiter = new Waiter(sequence, task);
        waiters.add(waiter);
        waiter.timeout = Optional.of(loop.schedule(limit, () -> {
            if (waiters.remove(waiter)) {
                task.run();
            }
        }));
    }

    /** All up to the committed position is told. */
    void onTold() {
        told = replica.committed();
        toldVersion = version;
        toldHomes = replica.committedHomes();
        for (Waiter waiter : List.copyOf(waiters)) {
            if (waiter.sequence <= told.sequence()) {
                waiters.remove(waiter);
                waiter.timeout.ifPresent(Loop.Timer::cancel);
                waiter.task.run();
            }
        }
    }

    private static final class Waiter {
        private final long sequence;
        private final Runnable task;
        private Optional<Loop.Timer> timeout = Optional.empty();

        private Waiter(long sequence, Runnable task) {
            this.sequence = sequence;
            this.task = task;
        }
    }

    /** Entries in flight, in order. */
    List<Proposal> inFlight() {
        return List.copyOf(inFlight);
    }
}
