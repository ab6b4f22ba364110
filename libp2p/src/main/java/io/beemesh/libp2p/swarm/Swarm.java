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
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.BoundedAddressBook;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.ping.Ping;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
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
    static final Duration ADDRESS_TIME_TO_LIVE = Duration.ofHours(1);

    /** A connection through a relay is closed so long after a direct one came up, once it is idle. */
    private static final Duration RELAYED_LINGER = Duration.ofSeconds(5);

    private final Loop loop;
    private final PeerId self;
    private final SwarmConfig config;
    private final ConnectionGater gater;
    private final AddressBook addressBook;
    private final Identifier identifier;
    private final Identification identification;
    private final ObservedAddresses observed;
    private final Dialer<Connection> dialer;
    private final ConnectionTrimmer trimmer;
    private final List<Transport> transports = new ArrayList<>(2);
    private final Map<PeerId, Peer> peers = new LinkedHashMap<>();
    private final Map<ProtocolId, StreamHandler> handlers = new LinkedHashMap<>();
    private final List<Consumer<PeerEvent>> listeners = new ArrayList<>();
    private final Set<ProtocolId> limitedProtocols = new LinkedHashSet<>();
    private final Map<AddressSource, List<Multiaddr>> announced = new EnumMap<>(
            AddressSource.class);
    private List<Multiaddr> listenAddresses = List.of();
    private boolean closed;

    public Swarm(Loop loop, PrivateKey key, SwarmConfig config, ConnectionGater gater) {
        this.loop = loop;
        this.self = key.peerId();
        this.config = config;
        this.gater = gater;
        this.addressBook = new BoundedAddressBook(loop::nanoTime);
        this.identifier = new Identifier(key, config.agentVersion(), loop::wallTime);
        this.dialer = new Dialer<>(loop, config.dialsMax(), config.dialBackOffMax(),
                peer -> new DialRun(loop, peer, targets(peer)).start());
        this.trimmer = new ConnectionTrimmer(config, loop::nanoTime);
        this.observed = new ObservedAddresses(config.portReuse());
        this.identification = new Identification(this, identifier, config.negotiationTimeout(),
                peers, observed);
        handlers.put(IdentifyMessage.PUSH, identification::onPush);
        limitedProtocols.addAll(
                List.of(IdentifyMessage.PROTOCOL, IdentifyMessage.PUSH, Ping.PROTOCOL));
    }

    /** Adds a way to dial. */
    public void addTransport(Transport transport) {
        transports.add(transport);
    }

    /** Says under which addresses this host may be dialed, and tells connected peers. */
    public void listenAddresses(List<Multiaddr> addresses) {
        announce(AddressSource.LISTEN, addresses);
    }

    /** Says what is known of this host's addresses from one source, and tells connected peers. */
    public void announce(AddressSource source, List<Multiaddr> addresses) {
        announced.put(source, List.copyOf(addresses));
        List<Multiaddr> all = announced.values().stream().flatMap(List::stream).distinct().toList();
        if (!all.equals(listenAddresses)) {
            listenAddresses = all;
            identification.changed();
        }
    }

    /** What was last announced from one source. */
    public List<Multiaddr> announced(AddressSource source) {
        return announced.getOrDefault(source, List.of());
    }

    /** This host as others say they see it, the most common first: guesses. */
    public List<Multiaddr> observedAddresses() {
        return observed.addresses();
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
        Set<PeerId> connected = new LinkedHashSet<>();
        peers.forEach((id, peer) -> {
            if (peer.isConnected()) {
                connected.add(id);
            }
        });
        return connected;
    }

    @Override
    public Set<ProtocolId> protocolsOf(PeerId peer) {
        Peer known = peers.get(peer);
        return known == null ? Set.of() : known.protocols();
    }

    @Override
    public byte[] signedRecordOf(PeerId peer) {
        return Optional.ofNullable(peers.get(peer)).map(Peer::signedRecord).orElse(new byte[0]);
    }

    @Override
    public void onPeerEvent(Consumer<PeerEvent> listener) {
        listeners.add(listener);
    }

    void emit(PeerEvent event) {
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
        boolean wasConnected = peer.isConnected();
        peer.links().add(new Peer.Link(connection, loop.nanoTime()));
        connection.onStream(stream -> accept(stream, connection, id));
        connection.onClosed(() -> onClosed(connection, id));
        boolean relayed = ObservedAddresses.isRelayed(connection.remoteAddress());
        if (!connection.isInbound()) {
            addressBook.add(id, List.of(connection.remoteAddress()), ADDRESS_TIME_TO_LIVE);
        }
        LOG.debug("Connection opened peer={} address={} inbound={}", id,
                connection.remoteAddress(), connection.isInbound());
        if (!wasConnected && peer.isConnected()) {
            emit(new PeerEvent.Connected(id, connection.isInbound()));
        }
        if (relayed) {
            emit(new PeerEvent.Relayed(id, connection.isInbound()));
        } else {
            dropRelayed(id);
        }
        identification.ask(connection, id);
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
        return connection.isInbound() ? trimmer.refusal(peers, connection) : "";
    }

    /** A direct connection is up: streams to come take it, and relayed ones go when they are idle. */
    private void dropRelayed(PeerId id) {
        Peer peer = peers.get(id);
        if (peer == null || peer.relayed().isEmpty()) {
            return;
        }
        loop.schedule(RELAYED_LINGER, () -> {
            if (peer.hasDirect()) {
                peer.relayed().stream().filter(it -> it.streamCount() == 0)
                        .forEach(Connection::close);
                dropRelayed(id);
            }
        });
    }

    private void onClosed(Connection connection, PeerId id) {
        Peer peer = peers.get(id);
        if (peer == null) {
            return;
        }
        boolean wasConnected = peer.isConnected();
        if (peer.links().removeIf(link -> link.connection().equals(connection))) {
            if (peer.links().isEmpty()) {
                peers.remove(id);
            }
            LOG.debug("Connection closed peer={} address={}", id, connection.remoteAddress());
            if (wasConnected && !peer.isConnected()) {
                emit(new PeerEvent.Disconnected(id));
            }
        }
    }

    @Override
    public CompletableFuture<Void> connect(PeerId peer) {
        return connection(peer, true).thenApply(ignored -> null);
    }

    private CompletableFuture<Connection> connection(PeerId peer, boolean limitedToo) {
        loop.assertInside();
        Optional<Connection> usable = Optional.ofNullable(peers.get(peer))
                .flatMap(it -> it.usable(limitedToo));
        if (usable.isPresent()) {
            return CompletableFuture.completedFuture(usable.get());
        }
        if (closed || peer.equals(self)) {
            return CompletableFuture.failedFuture(
                    new Libp2pException(closed ? "host is closed" : "cannot dial itself"));
        }
        return dialer.dial(peer).thenCompose(connection -> admitted(connection, peer));
    }

    private CompletableFuture<Connection> admitted(Connection connection, PeerId peer) {
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
    }

    /** True if there is a connection to the peer that goes through no relay. */
    public boolean hasDirect(PeerId peer) {
        Peer known = peers.get(peer);
        return known != null && known.hasDirect();
    }

    /**
     * Dials these addresses, whatever connections there are, and admits what comes of it.
     *
     * @param punch true if the peer dials at the same moment, to open holes in the NATs between
     * @param asDialer which side is taken as the dialer of such a connection
     */
    public CompletableFuture<Void> dialDirect(PeerId peer, List<Multiaddr> addresses, boolean punch,
            boolean asDialer) {
        loop.assertInside();
        DialRun run = new DialRun(loop, peer,
                targets(peer, addresses).stream()
                        .filter(it -> !ObservedAddresses.isRelayed(it.address())).toList());
        return (punch ? run.punch(asDialer) : run.probe())
                .thenCompose(connection -> admitted(connection, peer)).thenApply(ignored -> null);
    }

    /**
     * Tells at which of these addresses the peer can be dialed by anybody: from a port that it has never
     * sent to. The connection is closed again at once.
     */
    public CompletableFuture<Multiaddr> probe(PeerId peer, List<Multiaddr> addresses) {
        loop.assertInside();
        return new DialRun(loop, peer, targets(peer, addresses)).probe().thenApply(connection -> {
            connection.close();
            return connection.remoteAddress();
        });
    }

    private List<DialRun.Target> targets(PeerId peer) {
        Peer known = peers.get(peer);
        boolean relayed = known != null && !known.relayed().isEmpty();
        List<Multiaddr> addresses = new ArrayList<>(addressBook.addresses(peer));
        addresses.removeIf(it -> relayed && ObservedAddresses.isRelayed(it));
        addresses.sort(Comparator.comparing(ObservedAddresses::isRelayed)); // direct ones first
        return targets(peer, addresses);
    }

    private List<DialRun.Target> targets(PeerId peer, List<Multiaddr> addresses) {
        List<DialRun.Target> targets = new ArrayList<>();
        for (Multiaddr known : addresses) {
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
        boolean limitedToo = protocols.stream().anyMatch(limitedProtocols::contains);
        return connection(peer, limitedToo)
                .thenCompose(connection -> open(connection, peer, protocols));
    }

    CompletableFuture<Stream> open(Connection connection, PeerId peer, List<ProtocolId> wanted) {
        List<ProtocolId> protocols = connection.isLimited()
                ? wanted.stream().filter(limitedProtocols::contains).toList()
                : wanted;
        if (protocols.isEmpty()) {
            return CompletableFuture.failedFuture(new Libp2pException("there is only a limited"
                    + " connection to " + peer + ", on which " + wanted + " may not run"));
        }
        return StreamOpening.start(loop, connection, config.negotiationTimeout())
                .thenCompose(raw -> propose(raw, connection, peer, protocols));
    }

    private CompletableFuture<Stream> propose(ByteStream raw, Connection connection, PeerId peer,
            List<ProtocolId> protocols) {
        NegotiatedStream.Remote remote = new NegotiatedStream.Remote(peer,
                connection.remoteAddress());
        Set<ProtocolId> spoken = protocolsOf(peer);
        // On a limited connection the peer may refuse what it serves elsewhere.
        Optional<ProtocolId> known = protocols.stream()
                .filter(it -> spoken.contains(it) && !connection.isLimited()).findFirst();
        if (known.isPresent()) {
            return NegotiatedStream.lazy(loop, raw, remote, known.get()).agreed();
        }
        NegotiatedStream stream = NegotiatedStream.propose(loop, raw, remote, protocols);
        stream.deadline(loop.schedule(config.negotiationTimeout(), stream::expire));
        return stream.agreed();
    }

    private void accept(ByteStream raw, Connection connection, PeerId peer) {
        NegotiatedStream stream = NegotiatedStream.answer(
                loop,
                raw,
                new NegotiatedStream.Remote(peer, connection.remoteAddress()),
                protocol -> isServed(protocol)
                        && (!connection.isLimited() || limitedProtocols.contains(protocol)),
                agreed -> serve(agreed, connection));
        stream.deadline(loop.schedule(config.negotiationTimeout(), stream::expire));
    }

    private boolean isServed(ProtocolId protocol) {
        return handlers.containsKey(protocol) || protocol.equals(IdentifyMessage.PROTOCOL);
    }

    private void serve(Stream stream, Connection connection) {
        if (stream.protocol().equals(IdentifyMessage.PROTOCOL)) {
            identification.send(stream, connection);
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
        identification.changed();
    }

    @Override
    public void unhandle(ProtocolId protocol) {
        if (handlers.remove(protocol) != null) {
            identification.changed();
        }
    }

    @Override
    public void allowLimited(ProtocolId protocol) {
        limitedProtocols.add(protocol);
    }

    List<ProtocolId> protocols() {
        List<ProtocolId> protocols = new ArrayList<>(handlers.keySet());
        protocols.add(IdentifyMessage.PROTOCOL);
        return protocols;
    }
}
