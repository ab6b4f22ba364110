package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules.Rule;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryMessage;
import io.beemesh.protocol.registry.RegistryMessage.AppendReply;
import io.beemesh.protocol.registry.RegistryMessage.SnapshotReply;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What a replica does while it is primary: tell the others, count who has what, keep the lease. */
final class Leadership {
    private final Replica replica;
    private final Sender sender;
    private final Balance balance;
    /** Everyone that is told: the other homes, and followers. */
    private final Map<PeerId, Progress> others = new TreeMap<>();
    private List<PeerId> followers = List.of();
    private long startSequence;
    private long begunAt;
    /** While the role is being given away there is no lease. */
    private Optional<PeerId> successor = Optional.empty();
    private long handoverUntil;

    Leadership(Replica replica) {
        this.replica = replica;
        this.sender = new Sender(replica);
        this.balance = new Balance(replica, others);
    }

    void begin() {
        others.clear();
        successor = Optional.empty();
        begunAt = now();
        Position parent = replica.log.last();
        startSequence = parent.sequence() + 1;
        Entry start = replica.effects.newStart(replica.slot, replica.nextPosition(), parent,
                replica.homes());
        refreshOthers();
        replica.propose(start);
    }

    void end() {
        others.clear();
        successor = Optional.empty();
    }

    long startSequence() {
        return startSequence;
    }

    /** Whether nobody else is told. */
    boolean isAlone() {
        return others.isEmpty() && followers.isEmpty();
    }

    boolean isHandingOver() {
        return successor.isPresent();
    }

    Set<PeerId> audience() {
        refreshOthers();
        return Collections.unmodifiableSet(others.keySet());
    }

    private boolean isThere(Progress progress) {
        long latest = Math.max(progress.ackedAt, progress.thereAt);
        return now() - latest < replica.config.suspicion().toNanos();
    }

    /** The peer lives, whatever it follows. */
    void isThere(PeerId from) {
        Progress progress = others.get(from);
        if (progress != null) {
            progress.thereAt = now();
        }
    }

    void followers(Collection<PeerId> peers) {
        followers = peers.stream().filter(p -> !p.equals(replica.self)).sorted().toList();
        if (replica.role == Role.PRIMARY) {
            refreshOthers();
            replica.effects.onUnsent(replica.slot);
        }
    }

    private void refreshOthers() {
        Set<PeerId> all = replica.deciders.all();
        others.keySet()
                .removeIf(p -> !all.contains(p) && !followers.contains(p));
        for (PeerId home : all) {
            if (!home.equals(replica.self)) {
                others.computeIfAbsent(home, this::begin);
            }
        }
        followers.forEach(f -> others.computeIfAbsent(f, this::begin));
    }

    private Progress begin(PeerId peer) {
        return new Progress(replica.log.last().sequence() + 1, now());
    }

    // Sending.

    void flush() {
        refreshOthers();
        others.forEach(sender::send);
    }

    void onConnected(PeerId peer) {
        Progress progress = others.get(peer);
        if (progress != null) {
            progress.restart();
            replica.effects.onUnsent(replica.slot);
        }
    }

    void tick() {
        long now = now();
        if (successor.isPresent() && now - handoverUntil > 0) {
            // The word may still come to it: it counts for nothing in another term.
            replica.stepDown();
            replica.election.campaign(true);
            return;
        }
        long silence = replica.config.suspicion().toNanos()
                + replica.config.suspicionSpread().toNanos();
        if (now - Math.max(begunAt, majorityAckedAt(now)) > silence) {
            replica.stepDown();
            return;
        }
        others.forEach((peer, progress) -> {
            boolean behind = progress.match < sender.lastFor(peer)
                    || progress.committed < replica.committed.sequence() || progress.probing
                    || progress.snapshot.isPresent();
            if (progress.acked && !isThere(progress)) {
                // Nothing is kept for it, and nothing sent until it answers a beat, be it to say
                // that it has nothing.
                progress.snapshot = Optional.empty();
            } else if (behind && now - progress.sentAt > replica.config.retry().toNanos()) {
                if (now - progress.answeredAt > silence) {
                    progress.answeredAt = now;
                    replica.effects.renew(peer);
                }
                progress.restart();
                sender.send(peer, progress);
            }
        });
        handOverIfCaughtUp();
    }

    // Answers.

    void onReply(PeerId from, AppendReply reply) {
        Progress progress = others.get(from);
        if (progress == null) {
            return;
        }
        progress.answeredAt = now();
        progress.voteless = reply.voteless();
        acked(from, reply.sentAt());
        progress.committed = Math.max(progress.committed, reply.committed());
        if (reply.accepted()) {
            progress.inFlightBytes = 0;
            if (reply.match() > progress.match) {
                progress.match = Math.min(reply.match(), replica.log.last().sequence());
            }
            if (reply.sentAt() != 0) {
                progress.probing = false;
            }
            progress.next = Math.max(progress.next, progress.match + 1);
        } else if (progress.snapshot.isEmpty()) {
            // It has lost what it had if it is behind what it said before.
            progress.match = Math.min(progress.match, reply.match());
            progress.next = Math.min(reply.match(), replica.log.last().sequence()) + 1;
            progress.inFlightBytes = 0;
            progress.probing = true;
            progress.probeSent = false;
        }
        commit();
        sender.send(from, progress);
        handOverIfCaughtUp();
    }

    void onReply(PeerId from, SnapshotReply reply) {
        Progress progress = others.get(from);
        if (progress != null) {
            progress.answeredAt = now();
            acked(from, reply.sentAt());
            sender.onSnapshotReply(from, progress, reply);
        }
    }

    void acked(PeerId from, long sentAt) {
        Progress progress = others.get(from);
        if (progress != null && sentAt != 0
                && (!progress.acked || sentAt - progress.ackedAt > 0)) {
            progress.ackedAt = sentAt;
            progress.acked = true;
        }
    }

    // Majorities.

    boolean hasLease() {
        return successor.isEmpty() && now() - majorityAckedAt(now()) < replica.config.lease()
                .toNanos();
    }

    /** The latest time of which a majority has said that it followed this primary then. */
    private long majorityAckedAt(long now) {
        long never = now - replica.config.suspicion().multipliedBy(100).toNanos();
        return replica.deciders.reachedByMajority(home -> {
            if (home.equals(replica.self)) {
                return now;
            }
            Progress progress = others.get(home);
            return progress == null || !progress.acked || progress.voteless
                    ? never
                    : progress.ackedAt;
        });
    }

    /** Commits what a majority has. */
    void commit() {
        long reached = Math.min(match(replica.self), replica.rules.hold(Rule.MAJORITY)
                ? replica.deciders.reachedByMajority(this::match)
                : replica.log.last().sequence());
        if (reached >= startSequence || (!replica.rules.hold(Rule.OWN_TERM_COMMITS)
                && reached > replica.committed.sequence())) {
            long before = replica.committed.sequence();
            replica.commitTo(reached);
            if (replica.committed.sequence() > before) {
                replica.effects.onUnsent(replica.slot);
                leaveIfRemoved();
            }
        }
    }

    private long match(PeerId home) {
        if (home.equals(replica.self)) {
            return replica.rules.hold(Rule.DURABLE_ENTRY)
                    ? replica.durable
                    : replica.log.last().sequence();
        }
        Progress progress = others.get(home);
        return progress == null || (progress.voteless && replica.rules.hold(Rule.VOTELESS))
                ? 0
                : progress.match;
    }

    /** While homes of before decide too, one of those that leads ends that first, or the next one would be none either. */
    private void leaveIfRemoved() {
        if (replica.deciders.before().isEmpty() && !replica.committedHomes().contains(replica.self)
                && !replica.homes().contains(replica.self)) {
            replica.stepDown();
        }
    }

    // Members.

    boolean balance(List<PeerId> wanted, List<PeerId> gone) {
        if (replica.role != Role.PRIMARY || successor.isPresent() || !hasLease()
                || replica.committed.sequence() < startSequence
                || replica.committed.sequence() < replica.log.homesSequence()) {
            return false;
        }
        if (replica.deciders.before().isPresent()) {
            // It is committed, so those of before need not be asked any more.
            replica.propose(replica.effects.newHomes(replica.slot, replica.nextPosition(),
                    replica.homes()));
            return true;
        }
        return switch (balance.next(wanted, gone)) {
            case Balance.Step.Stay() -> false;
            case Balance.Step.Change(HomeSet homes) -> {
                replica.propose(
                        replica.effects.newHomes(replica.slot, replica.nextPosition(), homes));
                yield true;
            }
            case Balance.Step.HandOver(PeerId next) -> {
                handOver(next);
                yield true;
            }
        };
    }

    void handOver(PeerId next) {
        if (replica.role == Role.PRIMARY && !next.equals(replica.self)
                && replica.homes().contains(next)) {
            successor = Optional.of(next);
            handoverUntil = now() + replica.config.lease().toNanos();
            handOverIfCaughtUp();
        }
    }

    private void handOverIfCaughtUp() {
        if (successor.isEmpty()) {
            return;
        }
        Progress progress = others.get(successor.get());
        if (progress != null && progress.match == replica.log.last().sequence()) {
            replica.effects.send(successor.get(),
                    new RegistryMessage.Handover(replica.slot, 0, replica.term));
        }
    }

    private long now() {
        return replica.effects.nanoTime();
    }
}
