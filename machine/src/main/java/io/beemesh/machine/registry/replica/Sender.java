package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.RegistryMessage.Append;
import io.beemesh.protocol.registry.RegistryMessage.Line;
import io.beemesh.protocol.registry.RegistryMessage.SnapshotPart;
import io.beemesh.protocol.registry.RegistryMessage.SnapshotReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Sends entries, and snapshots to who is too far behind for entries. */
final class Sender {
    private static final byte[] NOTHING = new byte[0];
    private static final int ENTRIES_MAX = 1024;

    private final Replica replica;

    Sender(Replica replica) {
        this.replica = replica;
    }

    /** Sends what the peer lacks and has room for, or how far all is committed. */
    void send(PeerId peer, Progress progress) {
        if (progress.snapshot.isPresent()) {
            if (!progress.probeSent) {
                sendPart(peer, progress);
            }
            return;
        }
        if (progress.next <= replica.log.floor().sequence()) {
            beginSnapshot(peer, progress);
            return;
        }
        if (progress.probing) {
            if (!progress.probeSent) {
                progress.probeSent = true;
                append(peer, progress, progress.next - 1, List.of());
            }
            return;
        }
        long last = lastFor(peer);
        // A send may open the stream at once, and then all begins anew at what the peer has for
        // sure.
        while (!progress.probing && progress.next <= last
                && progress.inFlightBytes < replica.config.windowBytesMax()) {
            List<Line> lines = lines(progress.next, last);
            long previous = progress.next - 1;
            progress.next += lines.size();
            lines.forEach(l -> progress.inFlightBytes += l.payload().length + 64L);
            append(peer, progress, previous, lines);
        }
        if (!progress.probing && progress.toldCommitted < replica.committed.sequence()
                && progress.next > replica.committed.sequence()) {
            append(peer, progress, progress.next - 1, List.of());
        }
    }

    /** Who does not decide is told what is decided, once. */
    long lastFor(PeerId peer) {
        return replica.deciders.all().contains(peer)
                ? replica.log.last().sequence()
                : replica.committed.sequence();
    }

    private List<Line> lines(long from, long last) {
        List<Line> lines = new ArrayList<>();
        long bytes = 0;
        for (long s = from; s <= last && lines.size() < ENTRIES_MAX; s++) {
            Entry entry = replica.log.at(s);
            bytes += entry.payload().length;
            if (!lines.isEmpty() && bytes > replica.config.appendBytesMax()) {
                break;
            }
            lines.add(new Line(entry.term(), entry.sequence(), entry.payload()));
        }
        return lines;
    }

    private void append(PeerId peer, Progress progress, long previous, List<Line> lines) {
        progress.sentAt = replica.effects.nanoTime();
        progress.toldCommitted = replica.committed.sequence();
        replica.effects.send(peer, new Append(replica.slot, 0, replica.term,
                replica.log.positionAt(previous), replica.committed.sequence(), progress.sentAt,
                lines));
    }

    private void beginSnapshot(PeerId peer, Progress progress) {
        SnapshotSource source = replica.effects.snapshot(replica.slot);
        progress.snapshot = Optional.of(new Progress.Sending(source.position(), source, 0));
        sendPart(peer, progress);
    }

    private void sendPart(PeerId peer, Progress progress) {
        Progress.Sending sending = progress.snapshot.orElseThrow();
        boolean last = sending.next() == sending.source().parts() - 1;
        progress.sentAt = replica.effects.nanoTime();
        progress.probeSent = true;
        replica.effects.send(peer, new SnapshotPart(replica.slot, 0, replica.term,
                sending.position(), sending.next(), last,
                last ? sending.source().head() : NOTHING, sending.source().part(sending.next()),
                progress.sentAt));
    }

    void onSnapshotReply(PeerId peer, Progress progress, SnapshotReply reply) {
        Optional<Progress.Sending> sending = progress.snapshot
                .filter(s -> s.position().equals(reply.position()));
        if (sending.isEmpty()) {
            return;
        }
        if (reply.next() >= sending.get().source().parts()) {
            progress.snapshot = Optional.empty();
            progress.match = Math.max(progress.match, reply.position().sequence());
            progress.next = progress.match + 1;
            progress.probing = true;
            progress.probeSent = false;
        } else {
            progress.snapshot = Optional.of(new Progress.Sending(sending.get().position(),
                    sending.get().source(), reply.next()));
            progress.probeSent = false;
        }
        send(peer, progress);
    }
}
