package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.Storage.SlotMark;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One slot at one of its homes, in the manner of Raft: a log, terms in which each home votes once, a home
 * set kept in the log, one primary a term. An entry is committed when a majority of the home set has it on
 * disk and one of the primary's own term is.
 *
 * <p>A state machine without I/O: records to be written go to {@code log}, {@link #onStored} says that
 * they are on disk, and tells what is committed by that.
 */
final class Slot {
    /** What this home is to the slot in the current term. */
    enum Role {
        /** Serves nothing. */
        HOME,
        /** Has voted for itself and waits for a majority. */
        CANDIDATE,
        /** Decides on writes. */
        PRIMARY
    }

    private final int number;
    private final PeerId self;
    private final HybridClock clock;
    private final Consumer<LogRecord> log;

    private Role role = Role.HOME;
    private HomeSet homes;
    private LogRecord.Vote vote;
    private final Set<PeerId> votes = new LinkedHashSet<>();
    private long appendedTerm;
    private long appended;
    private long committedTerm;
    private long committed;
    private final Map<PeerId, Long> onDisk = new HashMap<>();
    /** Entries that are not committed yet, in order. */
    private final ArrayDeque<Proposal> inFlight = new ArrayDeque<>();
    /** The last change in flight of each object that has one. */
    private final Map<ObjectKey, LogEntry.Effect> pending = new HashMap<>();

    /** A slot that nobody has written to yet. */
    Slot(int number, PeerId self, HybridClock clock, Consumer<LogRecord> log) {
        this.number = number;
        this.self = self;
        this.clock = clock;
        this.log = log;
        this.homes = new HomeSet(List.of(self));
        this.vote = new LogRecord.Vote(number, 0, self);
    }

    /** Takes over what a checkpoint says. */
    void restore(SlotMark mark) {
        homes = mark.homes();
        vote = mark.vote();
        appended = mark.sequence();
        appendedTerm = mark.entryTerm();
        committed = mark.sequence();
        committedTerm = mark.entryTerm();
        onDisk.put(self, mark.sequence());
    }

    /** Takes over a record of the log; entries stay uncommitted until a new term commits them. */
    void restore(LogRecord record, RecordCodec codec) throws IOException {
        switch (record) {
            case LogRecord.Vote given -> vote = given.term() > vote.term() ? given : vote;
            case LogRecord.Entry entry -> restore(entry, codec.decodeEntry(entry.payload()));
        }
    }

    private void restore(LogRecord.Entry record, LogEntry entry) throws IOException {
        if (record.sequence() <= committed) {
            return;
        }
        while (record.sequence() <= appended && record.term() > appendedTerm) {
            inFlight.removeLast();
            appended--;
        }
        if (record.sequence() != appended + 1) {
            throw new IOException("log of slot " + number + " goes from entry " + appended + " to "
                    + record.sequence());
        }
        if (record.term() > vote.term()) {
            // A term that has an entry is over; no vote is given in it any more.
            vote = new LogRecord.Vote(number, record.term(), self);
        }
        add(new Proposal(record.term(), record.sequence(), entry, true));
        onDisk.put(self, appended);
    }

    Role role() {
        return role;
    }

    long term() {
        return vote.term();
    }

    HomeSet homes() {
        return homes;
    }

    /** The position up to which all is committed. */
    SlotMark mark(long version) {
        return new SlotMark(number, committed, committedTerm, version, vote, homes);
    }

    /** Whether anything of this slot is on its way to the disk, or would be lost with it. */
    boolean isUnsettled() {
        return role == Role.CANDIDATE || !inFlight.isEmpty();
    }

    /** Begins a term: votes for itself, and becomes primary once a majority has. */
    void campaign() {
        role = Role.CANDIDATE;
        votes.clear();
        vote = new LogRecord.Vote(number, vote.term() + 1, self);
        log.accept(vote);
    }

    /** The state of an object as the next entry would meet it. */
    Optional<StoredObject> state(ObjectKey key, ObjectTable committedState) {
        LogEntry.Effect effect = pending.get(key);
        if (effect == null) {
            return committedState.get(key);
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

    /** Appends an entry as primary. */
    Proposal propose(LogEntry entry, byte[] payload) {
        Proposal proposal = new Proposal(vote.term(), appended + 1, entry, false);
        add(proposal);
        log.accept(new LogRecord.Entry(number, proposal.term(), proposal.sequence(), payload));
        return proposal;
    }

    private void add(Proposal proposal) {
        appended = proposal.sequence();
        appendedTerm = proposal.term();
        inFlight.add(proposal);
        proposal.effects().forEach(e -> pending.put(e.object().key(), e));
        if (proposal.entry() instanceof LogEntry.TermStart start) {
            homes = start.homes();
        }
        clock.observe(proposal.entry().version());
    }

    /** A record of this slot is on this home's disk; returns what is committed by that, in order. */
    List<Proposal> onStored(LogRecord record) {
        switch (record) {
            case LogRecord.Vote given -> {
                if (role == Role.CANDIDATE && given.term() == vote.term()) {
                    votes.add(self);
                    if (homes.isMajority(votes)) {
                        begin();
                    }
                }
            }
            case LogRecord.Entry entry -> onDisk.put(self, entry.sequence());
        }
        return commit();
    }

    private void begin() {
        role = Role.PRIMARY;
        LogEntry start = new LogEntry.TermStart(appendedTerm, appended, homes, clock.next());
        propose(start, RecordCodec.encode(start));
    }

    private List<Proposal> commit() {
        long reached = homes.reachedByMajority(home -> onDisk.getOrDefault(home, 0L));
        List<Proposal> done = new ArrayList<>();
        if (role != Role.PRIMARY || !isOfThisTerm(reached)) {
            return done;
        }
        while (!inFlight.isEmpty() && inFlight.peek().sequence() <= reached) {
            Proposal proposal = inFlight.remove();
            committed = proposal.sequence();
            committedTerm = proposal.term();
            done.add(proposal);
        }
        done.forEach(p -> p.effects().forEach(e -> pending.remove(e.object().key(), e)));
        return done;
    }

    /** Only an entry of the primary's own term shows that no other log can win. */
    private boolean isOfThisTerm(long sequence) {
        return inFlight.stream().anyMatch(p -> p.sequence() <= sequence && p.term() == term());
    }

    /**
     * Gives up what is not on this home's disk, and the role with it; returns what is lost. What a former
     * term left on disk stays, as it may have been acknowledged.
     */
    List<Proposal> abandon() {
        List<Proposal> lost = new ArrayList<>();
        long kept = onDisk.getOrDefault(self, 0L);
        while (!inFlight.isEmpty() && inFlight.getLast().sequence() > kept) {
            lost.addFirst(inFlight.removeLast());
        }
        pending.clear();
        inFlight.forEach(p -> p.effects().forEach(e -> pending.put(e.object().key(), e)));
        appended = inFlight.isEmpty() ? committed : inFlight.getLast().sequence();
        appendedTerm = inFlight.isEmpty() ? committedTerm : inFlight.getLast().term();
        role = Role.HOME;
        return lost;
    }
}
