package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.identify.IdentifyMessage;
import io.beemesh.libp2p.identify.IdentifyReader;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PeerRecord;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks each new connection's peer who it is, answers the same, and tells connected peers of changes. */
final class Identification {
    private static final Logger LOG = LoggerFactory.getLogger(Identification.class);
    private static final Duration PUSH_DELAY = Duration.ofMillis(100);

    private final Swarm swarm;
    private final Loop loop;
    private final Identifier identifier;
    private final Duration timeout;
    private final Map<PeerId, Peer> peers;
    private final ObservedAddresses observed;
    private boolean pushPlanned;

    Identification(Swarm swarm, Identifier identifier, Duration timeout, Map<PeerId, Peer> peers,
            ObservedAddresses observed) {
        this.swarm = swarm;
        this.loop = swarm.loop();
        this.identifier = identifier;
        this.timeout = timeout;
        this.peers = peers;
        this.observed = observed;
    }

    /** Answers the peer at the other end. */
    void send(Stream stream, Connection connection) {
        identifier.send(stream, connection, swarm.listenAddresses(), swarm.protocols());
    }

    /** Asks. */
    void ask(Connection connection, PeerId peer) {
        swarm.open(connection, peer, List.of(IdentifyMessage.PROTOCOL))
                .whenComplete((stream, failure) -> {
                    if (failure != null) {
                        LOG.debug("Peer not identified peer={} reason={}", peer,
                                failure.getMessage());
                    } else {
                        read(stream, connection, peer);
                    }
                });
    }

    private void read(Stream stream, Connection connection, PeerId peer) {
        Loop.Timer deadline = loop.schedule(timeout, stream::reset);
        new IdentifyReader(
                stream,
                message -> {
                    deadline.cancel();
                    message.observedAddress()
                            .forEach(address -> observed.add(address, peer, connection));
                    onIdentified(peer, message, false);
                },
                deadline::cancel)
                .start();
        stream.closeWrite();
    }

    void onPush(Stream stream) {
        Loop.Timer deadline = loop.schedule(timeout, stream::reset);
        new IdentifyReader(
                stream,
                message -> {
                    deadline.cancel();
                    onIdentified(stream.remotePeer(), message, true);
                },
                deadline::cancel)
                .start();
    }

    private void onIdentified(PeerId id, IdentifyMessage message, boolean push) {
        Peer peer = peers.get(id);
        if (peer == null || !message.agreesWith(peer.links().getFirst().connection().remoteKey())) {
            return;
        }
        if (!learnSigned(message, id, peer)) {
            swarm.addressBook().add(id, message.listenAddresses(), Swarm.ADDRESS_TIME_TO_LIVE);
        }
        boolean protocolsUnchanged = push && message.protocols().isEmpty();
        if (!push) {
            peer.identity(message);
        }
        if (!protocolsUnchanged) {
            peer.protocols(new LinkedHashSet<>(message.protocols()));
            if (peer.isConnected()) {
                swarm.emit(new PeerEvent.Identified(id, peer.protocols()));
            }
        }
    }

    /** False if there is no signed record of this peer, or a later one is known. */
    private boolean learnSigned(IdentifyMessage message, PeerId id, Peer peer) {
        if (message.signedPeerRecord().length > 0) {
            try {
                PeerRecord record = PeerRecord.open(message.signedPeerRecord());
                if (record.peer().equals(id)
                        && swarm.addressBook().addSigned(record, Swarm.ADDRESS_TIME_TO_LIVE)) {
                    peer.signedRecord(message.signedPeerRecord());
                    return true;
                }
            } catch (FormatException e) {
                LOG.debug("Signed record refused peer={} reason={}", id, e.getMessage());
            }
        }
        return false;
    }

    /** What this host says of itself has changed. */
    void changed() {
        if (!pushPlanned && !peers.isEmpty()) {
            pushPlanned = true;
            loop.schedule(PUSH_DELAY, this::push);
        }
    }

    private void push() {
        pushPlanned = false;
        for (PeerId id : List.copyOf(peers.keySet())) {
            Peer peer = peers.get(id);
            if (peer != null && peer.protocols().contains(IdentifyMessage.PUSH)) {
                peer.usable(true)
                        .ifPresent(connection -> swarm
                                .open(connection, id, List.of(IdentifyMessage.PUSH))
                                .thenAccept(stream -> {
                                    send(stream, connection);
                                    discard(stream);
                                }));
            }
        }
    }

    /** Reads the nothing that is to come, so that the stream ends, at the deadline if the peer does not end it. */
    private void discard(Stream stream) {
        Loop.Timer deadline = loop.schedule(timeout, stream::reset);
        stream.reader(new DiscardingReader(deadline::cancel));
    }
}
