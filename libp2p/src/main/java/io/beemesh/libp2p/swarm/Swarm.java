package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.identify.IdentifyMessage;
import io.beemesh.libp2p.identify.IdentifyReader;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.BoundedAddressBook;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PeerRecord;
import io.beemesh.libp2p.peer.PrivateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Host} over any {@link Transport}s: keeps the connections of each peer, opens and accepts
 * streams on them, identifies peers, and holds the bounds of {@link SwarmConfig}. Used on the loop only.
 */
public final class Swarm implements Host {
    private static final Logger LOG = LoggerFactory.getLogger(Swarm.class);
    private static final Duration ADDRESS_TIME_TO_LIVE = Duration.ofHours(1);
    private static final Duration PUSH_DELAY = Duration.ofMillis(100);

    private final Loop loop;
    private final PeerId self;
    private final SwarmConfig config;
    private final ConnectionGater gater;
    private final AddressBook addressBook;
    private final Identifier identifier;
    private final Dialer dialer;
    private final ConnectionTrimmer trimmer;
    private final List<Transport> transports = new ArrayList<>(2);
    private final Map<PeerId, Peer> peers = new LinkedHashMap<>();
    private final Map<ProtocolId, StreamHandler> handlers = new LinkedHashMap<>();
    private final List<Consumer<PeerEvent>> listeners = new ArrayList<>();
    private List<Multiaddr> listenAddresses = List.of();
    private boolean pushPlanned;
    private boolean closed;

    public Swarm(Loop loop, PrivateKey key, SwarmConfig config, ConnectionGater gater) {
        this.loop = loop;
        this.self = key.peerId();
        this.config = config;
        this.gater = gater;
        this.addressBook = new BoundedAddressBook(loop::nanoTime);
        this.identifier = new Identifier(key, config.agentVersion(), loop::wallTime);
        this.dialer = new Dialer(loop, config.dialsMax(), this::targets);
        this.trimmer = new ConnectionTrimmer(config, loop::nanoTime);
        handlers.put(IdentifyMessage.PUSH, this::onPush);
    }

    /** Adds a way to dial. */
    public void addTransport(Transport transport) {
        transports.add(transport);
    }

    /** Says under which addresses this host may be dialed, and tells connected peers. */
    public void listenAddresses(List<Multiaddr> addresses) {
        listenAddresses = List.copyOf(addresses);
        planPush();
    }

    /** Keeps the peer's connections from being trimmed. */
    public void protect(PeerId peer, boolean isProtected) {
        trimmer.protect(peer, isProtected);
    }

    /** What the peer last said of itself. */
    public Optional<IdentifyMessage> identityOf(PeerId peer) {
        return Optional.ofNullable(peers.get(peer)).flatMap(Peer::identity);
    }

    /** This host's own signed record, to be passed on. */
    public byte[] signedRecord() {
        return identifier.record(listenAddresses).clone();
    }

    /** How many connections there are. */
    public int connectionCount() {
        return peers.values().stream().mapToInt(peer -> peer.links().size()).sum();
    }

    /** Closes all connections and takes no more. */
    public void close() {
        closed = true;
        for (PeerId peer : List.copyOf(peers.keySet())) {
            disconnect(peer);
        }
    }

    @Override
    public PeerId peerId() {
        return self;
    }

    @Override
    public Loop loop() {
        return loop;
    }

    @Override
    public List<Multiaddr> listenAddresses() {
        return listenAddresses;
    }

    @Override
    public AddressBook addressBook() {
        return addressBook;
    }

    @Override
    public Set<PeerId> connectedPeers() {
        return new LinkedHashSet<>(peers.keySet());
    }

    @Override
    public Set<ProtocolId> protocolsOf(PeerId peer) {
        Peer known = peers.get(peer);
        return known == null ? Set.of() : known.protocols();
    }

    @Override
    public void onPeerEvent(Consumer<PeerEvent> listener) {
        listeners.add(listener);
    }

    private void emit(PeerEvent event) {
        for (Consumer<PeerEvent> listener : List.copyOf(listeners)) {
            listener.accept(event);
        }
    }

    // Connections.

    /** A transport accepted a connection: it is kept, or closed if a bound or the gater says so. */
    public void onConnection(Connection connection) {
        try {
            admit(connection);
        } catch (Libp2pException e) {
            LOG.debug("Connection refused peer={} reason={}", PeerId.of(connection.remoteKey()),
                    e.getMessage());
        }
    }

    private void admit(Connection connection) throws Libp2pException {
        PeerId id = PeerId.of(connection.remoteKey());
        Peer known = peers.get(id);
        String refusal = refusal(connection, id, known == null ? 0 : known.links().size());
        if (!refusal.isEmpty()) {
            connection.close();
            throw new Libp2pException(refusal);
        }
        dialer.forgive(id);
        Peer peer = peers.computeIfAbsent(id, ignored -> new Peer());
        peer.links().add(new Peer.Link(connection, loop.nanoTime()));
        connection.onStream(stream -> accept(stream, connection, id));
        connection.onClosed(() -> onClosed(connection, id));
        if (!connection.isInbound()) {
            addressBook.add(id, List.of(connection.remoteAddress()), ADDRESS_TIME_TO_LIVE);
        }
        if (peer.links().size() == 1) {
            LOG.debug("Peer connected peer={} address={} inbound={}", id,
                    connection.remoteAddress(), connection.isInbound());
            emit(new PeerEvent.Connected(id));
        }
        identify(connection, id);
        trimmer.trim(peers, connectionCount());
    }

    private String refusal(Connection connection, PeerId id, int ofThisPeer) {
        if (closed) {
            return "host is closed";
        }
        if (id.equals(self)) {
            return "it is this host itself";
        }
        if (!gater.allowPeer(id, connection.isInbound(), connection.remoteAddress())) {
            return "refused by the gater";
        }
        if (ofThisPeer >= config.connectionsPerPeerMax()) {
            return "too many connections of this peer";
        }
        return connection.isInbound() && connectionCount() >= config.connectionsMax()
                ? "too many connections"
                : "";
    }

    private void onClosed(Connection connection, PeerId id) {
        Peer peer = peers.get(id);
        if (peer != null
                && peer.links().removeIf(link -> link.connection().equals(connection))
                && peer.links().isEmpty()) {
            peers.remove(id);
            LOG.debug("Peer disconnected peer={}", id);
            emit(new PeerEvent.Disconnected(id));
        }
    }

    @Override
    public CompletableFuture<Void> connect(PeerId peer) {
        return connection(peer).thenApply(ignored -> null);
    }

    private CompletableFuture<Connection> connection(PeerId peer) {
        loop.assertInside();
        Optional<Connection> usable = Optional.ofNullable(peers.get(peer)).flatMap(Peer::usable);
        if (usable.isPresent()) {
            return CompletableFuture.completedFuture(usable.get());
        }
        if (closed || peer.equals(self)) {
            return CompletableFuture.failedFuture(
                    new Libp2pException(closed ? "host is closed" : "cannot dial itself"));
        }
        return dialer.dial(peer).thenCompose(connection -> {
            Peer known = peers.get(peer);
            if (known != null && known.links().stream()
                    .anyMatch(link -> link.connection().equals(connection))) {
                return CompletableFuture.completedFuture(connection); // another caller's dial
            }
            try {
                admit(connection);
                return CompletableFuture.completedFuture(connection);
            } catch (Libp2pException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    private List<DialRun.Target> targets(PeerId peer) {
        List<DialRun.Target> targets = new ArrayList<>();
        for (Multiaddr known : addressBook.addresses(peer)) {
            Optional<Multiaddr> address = withoutPeer(known, peer);
            Optional<Transport> transport = address
                    .flatMap(to -> transports.stream().filter(one -> one.canDial(to)).findFirst());
            if (address.isPresent() && transport.isPresent()
                    && gater.allowDial(peer, address.get())) {
                targets.add(new DialRun.Target(address.get(), transport.get()));
            }
        }
        return targets;
    }

    /** The address without the peer's own name at its end; empty if it ends at another peer. */
    private static Optional<Multiaddr> withoutPeer(Multiaddr address, PeerId peer) {
        List<AddressPart> parts = address.parts();
        if (parts.getLast().protocol() != AddressProtocol.P2P) {
            return Optional.of(address);
        }
        boolean same = parts.getLast().equals(peer.toAddressPart());
        try {
            return same && parts.size() > 1
                    ? Optional.of(Multiaddr.of(parts.subList(0, parts.size() - 1)))
                    : Optional.empty();
        } catch (FormatException e) {
            throw new IllegalStateException("a part of a good address is good", e);
        }
    }

    @Override
    public void disconnect(PeerId peer) {
        Peer known = peers.get(peer);
        if (known != null) {
            List.copyOf(known.links()).forEach(link -> link.connection().close());
        }
    }

    // Streams.

    @Override
    public CompletableFuture<Stream> newStream(PeerId peer, List<ProtocolId> protocols) {
        return connection(peer).thenCompose(connection -> open(connection, peer, protocols));
    }

    private CompletableFuture<Stream> open(Connection connection, PeerId peer,
            List<ProtocolId> protocols) {
        ByteStream raw;
        try {
            raw = connection.openStream();
        } catch (Libp2pException e) {
            return CompletableFuture.failedFuture(e);
        }
        Set<ProtocolId> spoken = protocolsOf(peer);
        Optional<ProtocolId> known = protocols.stream().filter(spoken::contains).findFirst();
        if (known.isPresent()) {
            return NegotiatedStream.lazy(loop, raw, peer, known.get()).agreed();
        }
        NegotiatedStream stream = NegotiatedStream.propose(loop, raw, peer, protocols);
        stream.deadline(loop.schedule(config.negotiationTimeout(), stream::expire));
        return stream.agreed();
    }

    private void accept(ByteStream raw, Connection connection, PeerId peer) {
        NegotiatedStream stream = NegotiatedStream.answer(
                loop,
                raw,
                peer,
                protocol -> handlers.containsKey(protocol)
                        || protocol.equals(IdentifyMessage.PROTOCOL),
                agreed -> serve(agreed, connection));
        stream.deadline(loop.schedule(config.negotiationTimeout(), stream::expire));
    }

    private void serve(Stream stream, Connection connection) {
        if (stream.protocol().equals(IdentifyMessage.PROTOCOL)) {
            identifier.send(stream, connection, listenAddresses, protocols());
            return;
        }
        StreamHandler handler = handlers.get(stream.protocol());
        if (handler == null) {
            stream.reset();
            return;
        }
        try {
            handler.onStream(stream);
        } catch (RuntimeException e) {
            LOG.error("Stream handler failed peer={} protocol={}", stream.remotePeer(),
                    stream.protocol(), e);
            stream.reset();
        }
    }

    @Override
    public void handle(ProtocolId protocol, StreamHandler handler) {
        handlers.put(protocol, handler);
        planPush();
    }

    @Override
    public void unhandle(ProtocolId protocol) {
        if (handlers.remove(protocol) != null) {
            planPush();
        }
    }

    // Identify.

    private List<ProtocolId> protocols() {
        List<ProtocolId> protocols = new ArrayList<>(handlers.keySet());
        protocols.add(IdentifyMessage.PROTOCOL);
        return protocols;
    }

    private void identify(Connection connection, PeerId peer) {
        open(connection, peer, List.of(IdentifyMessage.PROTOCOL))
                .whenComplete((stream, failure) -> {
                    if (failure != null) {
                        LOG.debug("Peer not identified peer={} reason={}", peer,
                                failure.getMessage());
                    } else {
                        read(stream, peer, false);
                    }
                });
    }

    private void onPush(Stream stream) {
        read(stream, stream.remotePeer(), true);
    }

    private void read(Stream stream, PeerId peer, boolean push) {
        Loop.Timer deadline = loop.schedule(config.negotiationTimeout(), stream::reset);
        new IdentifyReader(
                stream,
                message -> {
                    deadline.cancel();
                    onIdentified(peer, message, push);
                },
                deadline::cancel)
                .start();
        if (!push) {
            stream.closeWrite();
        }
    }

    private void onIdentified(PeerId id, IdentifyMessage message, boolean push) {
        Peer peer = peers.get(id);
        if (peer == null || !message.agreesWith(peer.links().getFirst().connection().remoteKey())) {
            return;
        }
        addressBook.add(id, addressesIn(message, id), ADDRESS_TIME_TO_LIVE);
        boolean protocolsUnchanged = push && message.protocols().isEmpty();
        if (!push) {
            peer.identity(message);
        }
        if (!protocolsUnchanged) {
            peer.protocols(new LinkedHashSet<>(message.protocols()));
            emit(new PeerEvent.Identified(id, peer.protocols()));
        }
    }

    private static List<Multiaddr> addressesIn(IdentifyMessage message, PeerId id) {
        if (message.signedPeerRecord().length > 0) {
            try {
                PeerRecord record = PeerRecord.open(message.signedPeerRecord());
                if (record.peer().equals(id)) {
                    return record.addresses();
                }
            } catch (FormatException e) {
                LOG.debug("Signed record refused peer={} reason={}", id, e.getMessage());
            }
        }
        return message.listenAddresses();
    }

    private void planPush() {
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
                peer.usable()
                        .ifPresent(connection -> open(connection, id, List.of(IdentifyMessage.PUSH))
                                .thenAccept(stream -> {
                                    identifier.send(stream, connection, listenAddresses,
                                            protocols());
                                    discard(stream);
                                }));
            }
        }
    }

    /** Reads the nothing that is to come, so that the stream ends. */
    private static void discard(Stream stream) {
        stream.reader(new DiscardingReader());
    }
}
