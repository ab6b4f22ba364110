package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The two one-way streams to each peer: mine is opened again when it is lost, a newer one of the peer replaces the older. */
final class PeerLinks {
    static final ProtocolId V12 = new ProtocolId("/meshsub/1.2.0");
    static final List<ProtocolId> PROTOCOLS = List.of(V12, new ProtocolId("/meshsub/1.1.0"),
            new ProtocolId("/meshsub/1.0.0"));
    static final int PEERS_MAX = 4_096;

    private static final Duration REOPEN_DELAY = Duration.ofMillis(100);
    private static final int OPEN_FAILURES_MAX = 8;

    /** The router, as the links see it. */
    interface Listener {
        /** A peer is there for the first time since it was connected. */
        void onPeer(PubsubPeer peer);

        /** My stream is open: everything the peer must know is to be told again. */
        void onOpen(PubsubPeer peer);

        void onRpc(PubsubPeer peer, Rpc rpc);

        /** The peer sent what cannot be read. */
        void onBadRpc(PubsubPeer peer);

        void onGone(PubsubPeer peer);
    }

    private final Host host;
    private final Listener listener;
    private final Map<PeerId, PubsubPeer> peers = new LinkedHashMap<>();
    /** Connected peers that this host dialed. */
    private final Set<PeerId> dialed = new HashSet<>();
    private boolean running;

    PeerLinks(Host host, Listener listener) {
        this.host = host;
        this.listener = listener;
    }

    void start() {
        running = true;
        PROTOCOLS.forEach(protocol -> host.handle(protocol, this::accept));
        host.onPeerEvent(this::onPeerEvent);
        for (PeerId peer : host.connectedPeers()) {
            identified(peer, host.protocolsOf(peer));
        }
    }

    void close() {
        running = false;
        PROTOCOLS.forEach(host::unhandle);
        List.copyOf(peers.keySet()).forEach(this::gone);
    }

    Collection<PubsubPeer> all() {
        return peers.values();
    }

    @Nullable
    PubsubPeer get(PeerId peer) {
        return peers.get(peer);
    }

    private void onPeerEvent(PeerEvent event) {
        if (!running) {
            return;
        }
        switch (event) {
            case PeerEvent.Connected connected -> {
                if (!connected.inbound()) {
                    dialed.add(connected.peer());
                }
            }
            case PeerEvent.Relayed relayed -> {
                // Gossip waits for a connection without limits.
            }
            case PeerEvent.Identified identified ->
                identified(identified.peer(), identified.protocols());
            case PeerEvent.Disconnected disconnected -> {
                dialed.remove(disconnected.peer());
                gone(disconnected.peer());
            }
        }
    }

    private void identified(PeerId peer, Set<ProtocolId> protocols) {
        if (PROTOCOLS.stream().anyMatch(protocols::contains)) {
            PubsubPeer entry = entry(peer);
            if (entry != null) {
                open(entry);
            }
        }
    }

    private @Nullable PubsubPeer entry(PeerId peer) {
        PubsubPeer known = peers.get(peer);
        if (known != null || peers.size() >= PEERS_MAX) {
            return known;
        }
        PubsubPeer entry = new PubsubPeer(peer, dialed.contains(peer));
        peers.put(peer, entry);
        listener.onPeer(entry);
        return entry;
    }

    private void gone(PeerId peer) {
        PubsubPeer entry = peers.remove(peer);
        if (entry != null) {
            entry.outbox.close();
            listener.onGone(entry);
        }
    }

    private void open(PubsubPeer peer) {
        if (peer.opening || peer.outbox.isOpen()) {
            return;
        }
        peer.opening = true;
        host.newStream(peer.id, PROTOCOLS).whenComplete((stream, failure) -> {
            peer.opening = false;
            if (stream == null) {
                peer.openFailures++;
                reopen(peer);
            } else if (peers.get(peer.id) != peer) {
                stream.reset();
            } else {
                opened(peer, stream);
            }
        });
    }

    private void opened(PubsubPeer peer, Stream stream) {
        peer.openFailures = 0;
        peer.knowsDontWant = stream.protocol().equals(V12);
        // The peer must not write here; what it writes is never asked for, so it cannot fill
        // anything.
        stream.reader(new Watcher(peer));
        stream.request(1);
        peer.outbox.open(stream);
        listener.onOpen(peer);
    }

    private void reopen(PubsubPeer peer) {
        if (running && peers.get(peer.id) == peer && peer.openFailures < OPEN_FAILURES_MAX) {
            Duration delay = REOPEN_DELAY.multipliedBy(1L << peer.openFailures);
            host.loop().schedule(delay, () -> {
                if (peers.get(peer.id) == peer) {
                    open(peer);
                }
            });
        }
    }

    /** Notices the end of my stream. */
    private final class Watcher implements StreamReader {
        private final PubsubPeer peer;

        Watcher(PubsubPeer peer) {
            this.peer = peer;
        }

        @Override
        public void onData(ByteBuffer bytes) {
            // Nothing is to be read here.
        }

        @Override
        public void onEnd() {
            // It closed the side that it does not use.
        }

        @Override
        public void onReset(StreamResetException cause) {
            peer.outbox.close();
            reopen(peer);
        }
    }

    private void accept(Stream stream) {
        PubsubPeer peer = running ? entry(stream.remotePeer()) : null;
        if (peer == null) {
            stream.reset();
            return;
        }
        Stream older = peer.inbound;
        peer.inbound = stream;
        peer.topics.clear();
        if (older != null) {
            older.reset();
        }
        int number = ++peer.inboundNumber;
        FrameReader.start(stream, GossipsubConfig.FRAME_BYTES_MAX,
                new Inbound(peer, stream, number));
        open(peer);
    }

    private final class Inbound implements FrameReader.Receiver {
        private final PubsubPeer peer;
        private final Stream stream;
        private final int number;

        Inbound(PubsubPeer peer, Stream stream, int number) {
            this.peer = peer;
            this.stream = stream;
            this.number = number;
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            if (peer.inboundNumber != number) {
                return;
            }
            try {
                listener.onRpc(peer, PubsubCodec.decode(frame));
            } catch (PubsubException e) {
                listener.onBadRpc(peer);
                stream.reset();
            }
        }

        @Override
        public void onEnd() {
            stream.closeWrite();
        }

        @Override
        public void onFailure(Libp2pException cause) {
            if (peer.inboundNumber == number) {
                peer.inbound = null;
            }
        }
    }
}
