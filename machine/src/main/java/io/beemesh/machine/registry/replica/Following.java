package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules.Rule;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import io.beemesh.protocol.registry.RegistryMessage.Append;
import io.beemesh.protocol.registry.RegistryMessage.AppendReply;
import java.util.Optional;

/** What a replica does while another leads: takes entries and snapshots, and says how far it is. */
final class Following {
    private final Replica replica;
    /** Up to here the primary has committed what this node's log has. */
    private long told;

    Following(Replica replica) {
        this.replica = replica;
    }

    void onAppend(PeerId from, Append append) throws RegistryException {
        if (append.term() < replica.term
                || (append.term() == replica.term && replica.role == Role.PRIMARY)) {
            reply(from, append, false, 0);
            return;
        }
        if (append.term() > replica.term) {
            replica.follow(append.term(), Optional.of(from));
        }
        replica.heard(from);
        Position previous = append.previous();
        if (replica.log.last().equals(Position.NONE) && replica.isForgetful()
                && !previous.equals(Position.NONE)) {
            replica.trust.lose(previous.sequence());
        }
        if (previous.sequence() >= replica.committed.sequence()
                && replica.rules.hold(Rule.PREVIOUS_ENTRY)
                && !replica.log.has(previous)) {
            reply(from, append, false, Math.min(replica.committed.sequence(), previous.sequence()));
            return;
        }
        if (previous.sequence() > replica.log.last().sequence()) {
            reply(from, append, false, replica.committed.sequence());
            return;
        }
        take(append);
        long verified = Math.max(replica.committed.sequence(),
                previous.sequence() + append.lines().size());
        told = Math.max(told, Math.min(append.committed(), verified));
        commit();
        replica.election.verified(verified);
        reply(from, append, true, Math.min(acknowledgeable(), verified));
    }

    /** Commits what the primary has, as far as it is on this node's disk. */
    void commit() {
        replica.commitTo(Math.min(told, acknowledgeable()));
    }

    private long acknowledgeable() {
        return replica.rules.hold(Rule.DURABLE_ENTRY)
                ? replica.durable
                : replica.log.last().sequence();
    }

    private void take(Append append) throws RegistryException {
        for (RegistryMessage.Line line : append.lines()) {
            Position at = new Position(line.term(), line.sequence());
            if (at.sequence() <= replica.committed.sequence() || replica.log.has(at)) {
                continue;
            }
            if (at.sequence() <= replica.log.last().sequence()) {
                replica.truncateAfter(at.sequence() - 1);
            }
            Entry entry = replica.effects.decode(at, line.payload());
            replica.append(entry);
            replica.effects.store(replica.slot, entry);
        }
    }

    private void reply(PeerId to, Append append, boolean accepted, long match) {
        replica.effects.send(to,
                new AppendReply(replica.slot, append.branch(), replica.term, accepted, match,
                        replica.committed.sequence(), append.sentAt(), replica.isVoteless()));
    }

    void onSnapshotPart(PeerId from, RegistryMessage.SnapshotPart part) {
        if (part.term() < replica.term
                || (part.term() == replica.term && replica.role == Role.PRIMARY)) {
            return;
        }
        if (part.term() > replica.term) {
            replica.follow(part.term(), Optional.of(from));
        }
        replica.heard(from);
        if (replica.log.last().equals(Position.NONE) && replica.isForgetful()) {
            replica.trust.lose(part.position().sequence());
        }
        if (part.position().sequence() <= replica.committed.sequence()) {
            // It came by other ways.
            replica.snapshotReply(from, part, Integer.MAX_VALUE);
        } else {
            replica.effects.onSnapshot(from, part);
        }
    }

    /** Tells the primary what is on disk. */
    void acknowledge(PeerId to) {
        replica.effects.send(to, new AppendReply(replica.slot, 0, replica.term, true,
                Math.min(replica.durable, replica.election.verifiedSequence()),
                replica.committed.sequence(), 0, replica.isVoteless()));
    }
}
