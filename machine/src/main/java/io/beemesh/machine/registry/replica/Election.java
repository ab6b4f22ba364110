package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules.Rule;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryMessage.Handover;
import io.beemesh.protocol.registry.RegistryMessage.VoteReply;
import io.beemesh.protocol.registry.RegistryMessage.VoteRequest;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** How a replica votes, and asks for votes. */
final class Election {
    private final Replica replica;
    private final Set<PeerId> votes = new LinkedHashSet<>();
    private final Set<PeerId> promised = new TreeSet<>();
    private long heardAt;
    /** When this home asks for votes if it hears nothing. */
    private long attemptAt;
    /** The log up to here is that of the present primary. */
    private long verified;

    Election(Replica replica) {
        this.replica = replica;
        this.heardAt = replica.effects.nanoTime() - replica.config.suspicion().toNanos();
        waitAgain();
    }

    private void waitAgain() {
        attemptAt = replica.effects.nanoTime() + replica.config.suspicion().toNanos()
                + replica.effects
                        .randomNanos(Math.max(1, replica.config.suspicionSpread().toNanos()));
    }

    /** The candidate may begin the slot by this node's vote. */
    void promise(PeerId candidate) {
        if (replica.isEmpty() && !candidate.equals(replica.self)) {
            promised.add(candidate);
        }
    }

    Set<PeerId> promised() {
        return Set.copyOf(promised);
    }

    /** The primary of the current term lives. */
    void heard() {
        heardAt = replica.effects.nanoTime();
        waitAgain();
    }

    void verified(long sequence) {
        verified = sequence;
    }

    long verifiedSequence() {
        return verified;
    }

    /** Whether this home heard of a primary so lately that it votes for nobody else. */
    boolean isLoyal() {
        return replica.effects.nanoTime() - heardAt < replica.config.suspicion().toNanos();
    }

    void tick() {
        if (replica.effects.nanoTime() - attemptAt < 0 || !replica.mayLead()) {
            return;
        }
        trial();
    }

    void trial() {
        waitAgain();
        if (replica.deciders.sets().stream().allMatch(d -> d.size() == 1)) {
            campaign(false);
            return;
        }
        replica.role = Role.TRIAL;
        replica.primary = Optional.empty();
        votes.clear();
        votes.add(replica.self);
        ask(replica.term + 1, true, false);
        replica.effects.onRole(replica.slot);
        if (isMajority()) {
            campaign(false);
        }
    }

    /** Begins a term: votes for itself, and becomes primary once a majority has. */
    void campaign(boolean handover) {
        if (replica.isEmpty() && !replica.mayLead()) {
            // Who is to decide has changed.
            replica.stepDown();
            return;
        }
        replica.role = Role.CANDIDATE;
        replica.primary = Optional.empty();
        replica.term++;
        replica.votedFor = Optional.of(replica.self);
        votes.clear();
        replica.effects.store(replica.slot, replica.term, replica.self);
        ask(replica.term, false, handover);
        replica.effects.onRole(replica.slot);
    }

    private void ask(long term, boolean trial, boolean handover) {
        for (PeerId home : replica.deciders.all()) {
            if (!home.equals(replica.self)) {
                replica.effects.send(home, new VoteRequest(replica.slot, 0, term,
                        replica.log.last(), trial, handover,
                        replica.isEmpty() ? replica.homes().members() : List.of()));
            }
        }
    }

    void onRequest(PeerId from, VoteRequest request) {
        boolean loyal = replica.rules.hold(Rule.LOYALTY) && !request.handover()
                && (isLoyal() || (replica.role == Role.PRIMARY && replica.leadership.hasLease()));
        if (loyal || (request.trial() && request.term() <= replica.term)) {
            refuse(from, request);
            return;
        }
        if (request.trial()) {
            if (isComplete(request)) {
                replica.effects.send(from, new VoteReply(replica.slot, request.branch(),
                        request.term(), true, true, 0));
            } else {
                refuse(from, request);
            }
            return;
        }
        if (request.term() > replica.term) {
            replica.follow(request.term(), Optional.empty());
        }
        boolean free = replica.votedFor.isEmpty() || replica.votedFor.get().equals(from);
        if (request.term() < replica.term || !free || replica.role == Role.PRIMARY
                || !isComplete(request)) {
            refuse(from, request);
            return;
        }
        replica.votedFor = Optional.of(from);
        promise(from);
        waitAgain();
        if (replica.rules.hold(Rule.DURABLE_VOTE)) {
            replica.effects.store(replica.slot, replica.term, from);
        } else {
            grant(from);
        }
    }

    private boolean isComplete(VoteRequest request) {
        Position last = request.last();
        if (!replica.rules.hold(Rule.COMPLETE_CANDIDATE)) {
            return true;
        }
        boolean empty = replica.isEmpty();
        boolean knows = last.equals(Position.NONE)
                ? replica.effects.mayFound(replica.slot, request.founders())
                : replica.effects.hasVoice();
        if (empty && !knows) {
            return false;
        }
        if (replica.isVoteless() || (empty && replica.isForgetful()
                && !last.equals(Position.NONE))) {
            return false;
        }
        return last.compareTo(replica.log.last()) >= 0;
    }

    private void refuse(PeerId to, VoteRequest request) {
        replica.effects.send(to, new VoteReply(replica.slot, request.branch(), replica.term,
                false, request.trial(), 0));
    }

    private void grant(PeerId candidate) {
        replica.effects.send(candidate,
                new VoteReply(replica.slot, 0, replica.term, true, false,
                        replica.effects.latestVersion()));
    }

    void onStored(long term, PeerId candidate) {
        if (term != replica.term || !replica.votedFor.filter(candidate::equals).isPresent()) {
            return;
        }
        if (!candidate.equals(replica.self)) {
            grant(candidate);
        } else if (replica.role == Role.CANDIDATE) {
            votes.add(replica.self);
            beginIfElected();
        }
    }

    /** The primary gives its role to this home. */
    void onHandover(PeerId from, Handover handover) {
        if (handover.term() == replica.term && replica.role == Role.HOME
                && replica.primary.filter(from::equals).isPresent() && replica.mayLead()) {
            campaign(true);
        }
    }

    void onReply(PeerId from, VoteReply reply) {
        if (!reply.granted()) {
            if (reply.term() > replica.term && replica.role != Role.PRIMARY) {
                replica.follow(reply.term(), Optional.empty());
            }
            return;
        }
        if (reply.trial() && replica.role == Role.TRIAL && reply.term() == replica.term + 1) {
            votes.add(from);
            if (isMajority()) {
                campaign(false);
            }
        } else if (!reply.trial() && replica.role == Role.CANDIDATE
                && reply.term() == replica.term) {
            votes.add(from);
            replica.effects.observeVersion(reply.clock());
            beginIfElected();
        }
    }

    private boolean isMajority() {
        return replica.rules.hold(Rule.MAJORITY)
                ? replica.deciders.isMajority(votes)
                : !votes.isEmpty();
    }

    private void beginIfElected() {
        if (votes.contains(replica.self) && isMajority()) {
            if (replica.isEmpty() && !replica.mayLead()) {
                replica.stepDown();
                return;
            }
            replica.role = Role.PRIMARY;
            replica.primary = Optional.of(replica.self);
            replica.leadership.begin();
            replica.effects.onRole(replica.slot);
        }
    }
}
