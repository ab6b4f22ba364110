package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules.Rule;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import io.beemesh.protocol.registry.RegistryMessage.Append;
import io.beemesh.protocol.registry.RegistryMessage.AppendReply;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One slot on one node: a log, terms in which each home votes once, a home set kept in the log, one
 * primary a term. An entry is committed when a majority of the home set has it on disk and one of the
 * primary's own term is.
 *
 * <p>A state machine without I/O: messages, timers and the disk's word come in, {@link Effects} go out.
 * The rules are those of Raft (Ongaro, <i>Consensus: Bridging Theory and Practice</i>, 2014): logs and
 * votes of chapter 3, hand-over of 3.10, single changes of members of 4.1, pre-vote of 9.6. The lease (6.4.1)
 * rests on the {@linkplain ReplicaConfig#suspicion() suspicion} time in which a home that heard of its
 * primary votes for nobody else; a home that just started counts as having heard.
 */
public final class Replica {
    final int slot;
    final PeerId self;
    final Effects effects;
    final ReplicaConfig config;
    final Rules rules;
    final Election election;
    final Leadership leadership;
    final Trust trust;
    final Deciders deciders;
    private final Following following;

    ReplicaLog log;
    Role role = Role.HOME;
    long term;
    /** Whom this node voted for in {@link #term}. */
    Optional<PeerId> votedFor = Optional.empty();
    Optional<PeerId> primary = Optional.empty();
    Position committed;
    /** Up to here the log is on this node's disk. */
    long durable;
    private final boolean mayHaveLost;

    /**
     * A replica that knows nothing yet.
     *
     * @param homes who decides on the first entry
     * @param mayHaveLost whether this node's disk may have held more in a former life
     */
    Replica(int slot, PeerId self, HomeSet homes, boolean mayHaveLost, Effects effects,
            ReplicaConfig config, Rules rules) {
        this.slot = slot;
        this.self = self;
        this.effects = effects;
        this.config = config;
        this.rules = rules;
        this.mayHaveLost = mayHaveLost;
        this.log = new ReplicaLog(Position.NONE, homes);
        this.committed = Position.NONE;
        this.election = new Election(this);
        this.leadership = new Leadership(this);
        this.trust = new Trust(this);
        this.deciders = new Deciders(this);
        this.following = new Following(this);
    }

    // What was on disk.

    /** Takes over what a checkpoint or a snapshot says: all up to {@code position} is committed. */
    public void restore(Position position, HomeSet homes) {
        log = new ReplicaLog(position, homes);
        committed = position;
        durable = position.sequence();
        observe(position.term());
        election.heard();
    }

    /** Takes over a vote. */
    public void restoreVote(long votedIn, PeerId candidate) {
        if (votedIn > term || (votedIn == term && votedFor.isEmpty())) {
            term = votedIn;
            votedFor = Optional.of(candidate);
            election.promise(candidate);
            election.heard();
        }
    }

    /** Takes over whether this node counts. */
    public void restoreVoteless(long until) {
        trust.restore(until);
    }

    /** Counts as having heard of a primary now. */
    void beLoyal() {
        election.heard();
    }

    /** Takes over an entry; it stays uncommitted until a primary says so. */
    public void restoreEntry(Entry entry) throws RegistryException {
        if (entry.sequence() <= log.last().sequence()) {
            long keep = Math.max(committed.sequence(), entry.sequence() - 1);
            // Whatever was behind it belongs to an abandoned branch.
            truncateAfter(keep);
        }
        if (entry.sequence() <= committed.sequence()) {
            return;
        }
        if (entry.sequence() != log.last().sequence() + 1) {
            throw new RegistryException("log of slot " + slot + " goes from entry "
                    + log.last().sequence() + " to " + entry.sequence());
        }
        append(entry);
        durable = entry.sequence();
        observe(entry.term());
        election.heard();
    }

    private void observe(long seen) {
        if (seen > term) {
            // A term that has an entry is over; no vote is given in it any more.
            term = seen;
            votedFor = Optional.of(self);
        }
    }

    public int slot() {
        return slot;
    }

    public Role role() {
        return role;
    }

    public long term() {
        return term;
    }

    /** The last vote given, or this node itself if the term is one it must not vote in. */
    public PeerId votedFor() {
        return votedFor.orElse(self);
    }

    public HomeSet homes() {
        return log.homes();
    }

    /** Who may have begun the slot by this node's vote, as far as it has heard nothing of it. */
    public Set<PeerId> promised() {
        return isEmpty() ? election.promised() : Set.of();
    }

    /** Who decides: the homes without those that are declared lost for good, if any are left then. */
    public HomeSet voters() {
        return deciders.voters();
    }

    /** Of whom a majority each decides: the voters, and those of before while many change at once. */
    public List<HomeSet> deciders() {
        return deciders.sets();
    }

    /** Who decided as of the last committed entry. */
    public HomeSet committedHomes() {
        return log.homesAt(committed.sequence());
    }

    public Position committed() {
        return committed;
    }

    public Position last() {
        return log.last();
    }

    /** Whether the log has an entry there; false, too, if it is too old to be kept. */
    public boolean has(Position position) {
        return log.has(position);
    }

    /** Up to where the log is on this node's disk. */
    public long durable() {
        return durable;
    }

    /** Who leads the current term, as far as this node knows. */
    public Optional<PeerId> primary() {
        return primary;
    }

    /** Whether this node is primary and nobody else can be now. */
    public boolean hasLease() {
        return role == Role.PRIMARY && (!rules.hold(Rule.LEASE) || leadership.hasLease());
    }

    /** Whether this node is giving its role away, and takes nothing new. */
    public boolean isHandingOver() {
        return role == Role.PRIMARY && leadership.isHandingOver();
    }

    /** Whom this node as primary replicates to. */
    public Set<PeerId> audience() {
        return role == Role.PRIMARY ? leadership.audience() : Set.of();
    }

    /** Whether this node is primary, and all that former terms committed is committed here too. */
    public boolean isSettled() {
        return role == Role.PRIMARY && committed.sequence() >= leadership.startSequence();
    }

    /** Whether this node heard of a primary lately, or is one. */
    public boolean isLed() {
        return role == Role.PRIMARY || election.isLoyal();
    }

    // What this node does.

    /** Begins a term without asking first; for a home that is alone, or was told to. */
    public void campaign() {
        election.campaign(false);
    }

    /** Asks the other homes whether they would vote for this one, and begins a term if they do. */
    public void trial() {
        election.trial();
    }

    /** Sets who decides on the first entry; only while there is none. */
    public void found(HomeSet homes) {
        if (!log.last().equals(Position.NONE)) {
            throw new IllegalStateException("slot " + slot + " has entries up to " + last());
        }
        log = new ReplicaLog(Position.NONE, homes);
    }

    /** Appends an entry as primary. */
    public void propose(Entry entry) {
        append(entry);
        effects.store(slot, entry);
        effects.onUnsent(slot);
    }

    /** Where the next entry goes. */
    public Position nextPosition() {
        return new Position(term, log.last().sequence() + 1);
    }

    /** Whom to replicate to beside the homes. */
    public void followers(Collection<PeerId> peers) {
        leadership.followers(peers);
    }

    /**
     * Moves the home set a step towards {@code wanted}; true if a step was begun.
     * @param gone homes that left or were removed, and are to be none as soon as can be
     */
    public boolean balance(List<PeerId> wanted, List<PeerId> gone) {
        return leadership.balance(wanted, gone);
    }

    /** Gives the role to {@code next}, which must be a home; its writes in flight go on. */
    public void handOver(PeerId next) {
        leadership.handOver(next);
    }

    /** Sends what is new to whoever has room, or tells the primary what is on disk. */
    public void flush() {
        if (role == Role.PRIMARY) {
            leadership.flush();
        } else if (primary.isPresent()) {
            following.acknowledge(primary.get());
        }
    }

    /** Looks at the time; at least every few beats. */
    public void tick() {
        if (role == Role.PRIMARY) {
            leadership.tick();
        } else {
            election.tick();
        }
    }

    /** A peer that was away can be reached again. */
    public void onConnected(PeerId peer) {
        leadership.onConnected(peer);
    }

    /** The primary of {@code of} lives, as of a message that it sent; false if this node knows better. */
    public boolean onBeat(PeerId from, long of) {
        if (of < term) {
            return false;
        }
        if (of > term) {
            follow(of, Optional.of(from));
        }
        if (role == Role.PRIMARY) {
            return false;
        }
        heard(from);
        // Of a slot of which nothing is on disk, a promise would be forgotten.
        return !log.last().equals(Position.NONE);
    }

    /** A peer answered a beat that was sent at {@code sentAt} in term {@code of}. */
    public void onBeatAnswered(PeerId from, long of, long sentAt) {
        if (role == Role.PRIMARY && of == term) {
            leadership.acked(from, sentAt);
        }
    }

    /** A peer that this node counted on follows a later term, or has nothing of the slot yet. */
    public void onBeatRefused(PeerId from, long of) {
        isCurrent(of);
        if (role == Role.PRIMARY) {
            leadership.isThere(from);
        }
    }

    /** Takes a message about this slot. */
    public void onMessage(PeerId from, RegistryMessage.OfSlot message) throws RegistryException {
        switch (message) {
            case RegistryMessage.VoteRequest request -> election.onRequest(from, request);
            case RegistryMessage.VoteReply reply -> election.onReply(from, reply);
            case Append append -> following.onAppend(from, append);
            case AppendReply reply -> {
                if (isCurrent(reply.term())) {
                    leadership.onReply(from, reply);
                }
            }
            case RegistryMessage.SnapshotPart part -> following.onSnapshotPart(from, part);
            case RegistryMessage.SnapshotReply reply -> {
                if (isCurrent(reply.term())) {
                    leadership.onReply(from, reply);
                }
            }
            case RegistryMessage.Handover handover -> election.onHandover(from, handover);
        }
    }

    boolean mayLead() {
        return deciders.all().contains(self) && !isVoteless()
                && (!isEmpty() || (effects.areFounders(slot, homes())
                        && effects.mayFound(slot, homes().members())));
    }

    /** Whether this node has nothing of the slot. */
    boolean isEmpty() {
        return log.last().equals(Position.NONE);
    }

    boolean isForgetful() {
        return mayHaveLost;
    }

    /** Whether this node has lost what it had of the slot, and does not count in it. */
    public boolean isVoteless() {
        return trust.votelessUntil() != 0 && rules.hold(Rule.VOTELESS);
    }

    private boolean isCurrent(long of) {
        if (of > term) {
            follow(of, Optional.empty());
        }
        return role == Role.PRIMARY && of == term;
    }

    /** A later term has begun, or another leads this one. */
    void follow(long of, Optional<PeerId> leader) {
        if (of > term || !primary.equals(leader)) {
            // What a former term wrote here need not be part of this one's log.
            election.verified(committed.sequence());
        }
        if (of > term) {
            term = of;
            votedFor = Optional.empty();
        }
        boolean was = role == Role.PRIMARY;
        role = Role.HOME;
        primary = leader;
        if (was) {
            leadership.end();
        }
        effects.onRole(slot);
    }

    void heard(PeerId from) {
        election.heard();
        if (role != Role.HOME || !primary.filter(from::equals).isPresent()) {
            follow(term, Optional.of(from));
        }
    }

    /** Gives the role up; what is in flight may still be committed by another. */
    public void stepDown() {
        if (role != Role.HOME) {
            follow(term, Optional.empty());
        }
    }

    // The log and who counts.

    void append(Entry entry) {
        log.append(entry);
        effects.onAppended(slot, entry);
    }

    void truncateAfter(long sequence) {
        if (sequence < committed.sequence()) {
            throw new IllegalStateException("slot " + slot + " cannot give up entry "
                    + (sequence + 1) + ", committed up to " + committed);
        }
        log.truncateAfter(sequence);
        durable = Math.min(durable, sequence);
        effects.onTruncated(slot, sequence);
    }

    /** Tells the sender which part is wanted next; all are there if it is above the last. */
    public void snapshotReply(PeerId to, RegistryMessage.SnapshotPart part, int next) {
        effects.send(to, new RegistryMessage.SnapshotReply(slot, part.branch(), term,
                part.position(), next, part.sentAt()));
    }

    /** A whole snapshot is on this node's disk and is its state now. */
    public void onSnapshotStored(Position position, HomeSet homes) {
        log = new ReplicaLog(position, homes);
        committed = position;
        durable = position.sequence();
        trust.consider();
    }

    /** Whether this node counts is on disk. */
    public void onVotelessStored(long until) {
        trust.onStored(until);
    }

    /** Up to which entry this node does not count; zero if it does. */
    public long votelessUntil() {
        return trust.votelessUntil();
    }

    // The disk.

    /** A vote is on disk. */
    public void onVoteStored(long votedIn, PeerId candidate) {
        election.onStored(votedIn, candidate);
    }

    /** An entry is on disk. Nothing is committed here before: a full disk would leave a hole behind others' commits. */
    public void onEntryStored(Position position) {
        if (position.sequence() != durable + 1 || !log.has(position)) {
            return;
        }
        durable = position.sequence();
        if (role == Role.PRIMARY) {
            leadership.commit();
        } else {
            following.commit();
            effects.onUnsent(slot);
        }
    }

    /** Gives up the role and what is not on disk, because the disk takes no more; true if anything was. */
    public boolean abandon() {
        boolean unsettled = role == Role.CANDIDATE || role == Role.PRIMARY
                || log.last().sequence() > durable;
        truncateAfter(durable);
        stepDown();
        return unsettled;
    }

    // Commit.

    void commitTo(long sequence) {
        if (sequence <= committed.sequence()) {
            return;
        }
        List<Entry> entries = log.between(committed.sequence() + 1, sequence);
        committed = entries.getLast().position();
        trust.consider();
        effects.onCommitted(slot, entries);
        if (homes().size() == 1 && leadership.isAlone()) {
            log.dropTo(sequence);
        } else {
            log.trim(sequence, config.keptEntriesMax(), config.keptBytesMax());
        }
    }

    @Override
    public String toString() {
        return "slot=" + slot + " role=" + role + " term=" + term + " committed=" + committed
                + " durable=" + durable + " last=" + log.last() + " homes=" + homes()
                + " primary=" + primary.map(PeerId::toString).orElse("none") + " voteless="
                + trust.votelessUntil();
    }
}
