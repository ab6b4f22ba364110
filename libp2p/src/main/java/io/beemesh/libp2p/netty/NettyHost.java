package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.ping.Ping;
import io.beemesh.libp2p.quic.QuicTransport;
import io.beemesh.libp2p.quic.UdpSockets;
import io.beemesh.libp2p.relay.RelayClient;
import io.beemesh.libp2p.swarm.AddressSource;
import io.beemesh.libp2p.swarm.Swarm;
import io.beemesh.libp2p.swarm.Transport;
import io.beemesh.libp2p.tls.TlsCredentials;
import io.beemesh.libp2p.tls.TlsSecurity;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.NoiseSecurity;
import io.beemesh.libp2p.upgrade.UpgradeBuffers;
import io.beemesh.libp2p.upgrade.UpgradeContext;
import io.beemesh.libp2p.yamux.ReceiveBudget;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A host on TCP, unix sockets and QUIC with Noise or TLS, Yamux, identify and ping, all on one {@link NettyLoop}.
 *
 * <p>Register the handlers, then {@link #listen}: peers learn on connecting what is served.
 */
public final class NettyHost implements Host, AutoCloseable {
    private static final Duration PING_TIMEOUT = Duration.ofSeconds(10);

    private final NettyLoop loop;
    private final Swarm swarm;
    private final NettyTransport transport;
    private final Optional<QuicTransport> quic;
    private final Ping ping;
    private final RelayClient relayClient;

    /** A host that can dial; it owns {@code loop} no more than other users of it do. */
    public NettyHost(NettyLoop loop, NettyHostConfig config) {
        this(loop, config, List.of(ConnectionUpgrade.YAMUX.name()));
    }

    /** A host that offers these muxers within the handshake; none means by multistream, as rust does. */
    NettyHost(NettyLoop loop, NettyHostConfig config, List<String> earlyMuxers) {
        SecureRandom random = new SecureRandom();
        this.loop = loop;
        this.swarm = new Swarm(loop, config.key(), config.swarm(), config.gater());
        NoiseIdentity identity = new NoiseIdentity(config.key(), earlyMuxers, random);
        UpgradeContext context = new UpgradeContext(
                loop,
                config.securities().stream().map(one -> switch (one) {
                    case NOISE -> new NoiseSecurity(identity);
                    case NOISE_LOCAL -> NoiseSecurity.local(identity);
                    case TLS -> new TlsSecurity(new TlsCredentials(loop, config.key(), random),
                            !earlyMuxers.isEmpty());
                }).toList(),
                new UpgradeBuffers(new NettyChaChaPoly()),
                config.yamux(),
                new ReceiveBudget(config.receiveBytesMax(), config.receiveBytesMax()),
                config.handshakeTimeout());
        this.transport = new NettyTransport(loop, context, config.gater(), swarm,
                config.swarm().portReuse());
        // Nowhere a lambda of it: to link one loads QUIC's codec, which may not be there.
        this.quic = config.quic().isEmpty()
                ? Optional.empty()
                : Optional.of(new QuicTransport(loop,
                        new UdpSockets(loop.eventLoop(), loop.sockets().udp()),
                        new TlsCredentials(loop, config.key(), random), config.quic().get(),
                        config.gater(), swarm::onConnection));
        this.ping = new Ping(this, random, PING_TIMEOUT);
        this.relayClient = new RelayClient(this, context.sealing(),
                addresses -> swarm.announce(AddressSource.RELAY, addresses), swarm::onConnection);
        loop.execute(() -> {
            swarm.addTransport(transport);
            if (quic.isPresent()) {
                swarm.addTransport(quic.get());
            }
            swarm.addTransport(new DnsTransport(loop, DnsTransport.ofJdk(loop),
                    quic.isPresent() ? List.of(transport, quic.get()) : List.of(transport)));
            swarm.addTransport(relayClient.transport());
            ping.start();
            relayClient.start();
        });
    }

    /**
     * Accepts connections on these addresses; port 0 takes any. May be called from any thread; the
     * future comes on the loop with all addresses that others can dial.
     */
    public CompletableFuture<List<Multiaddr>> listen(List<Multiaddr> addresses) {
        CompletableFuture<List<Multiaddr>> result = new CompletableFuture<>();
        loop.execute(
                () -> listenNext(addresses, 0,
                        new ArrayList<>(swarm.announced(AddressSource.LISTEN)),
                        result));
        return result;
    }

    private void listenNext(
            List<Multiaddr> addresses, int next, List<Multiaddr> bound,
            CompletableFuture<List<Multiaddr>> result) {
        if (next == addresses.size()) {
            swarm.listenAddresses(bound);
            result.complete(List.copyOf(bound));
            return;
        }
        listen(addresses.get(next)).whenComplete((concrete, failure) -> {
            if (failure != null) {
                result.completeExceptionally(failure);
            } else {
                bound.addAll(concrete);
                listenNext(addresses, next + 1, bound, result);
            }
        });
    }

    private CompletableFuture<List<Multiaddr>> listen(Multiaddr address) {
        return quic.isPresent() && quic.get().canListen(address)
                ? quic.get().listen(address, SocketAddresses::hosts)
                : transport.listen(address);
    }

    /** Connections, limits and what peers said of themselves. */
    public Swarm swarm() {
        return swarm;
    }

    /** The ping service. */
    public Ping ping() {
        return ping;
    }

    /** Reservations with relays; connections through them are dialed and accepted as others are. */
    public RelayClient relayClient() {
        return relayClient;
    }

    /** Stops accepting and closes all connections; may be called from any thread. The loop goes on. */
    @Override
    public void close() {
        loop.execute(() -> {
            transport.close();
            if (quic.isPresent()) {
                quic.get().close();
            }
            swarm.close();
        });
    }

    @Override
    public PeerId peerId() {
        return swarm.peerId();
    }

    @Override
    public Loop loop() {
        return loop;
    }

    @Override
    public List<Multiaddr> listenAddresses() {
        return swarm.listenAddresses();
    }

    @Override
    public AddressBook addressBook() {
        return swarm.addressBook();
    }

    @Override
    public CompletableFuture<Stream> newStream(PeerId peer, List<ProtocolId> protocols) {
        return swarm.newStream(peer, protocols);
    }

    @Override
    public CompletableFuture<Void> connect(PeerId peer) {
        return swarm.connect(peer);
    }

    @Override
    public void disconnect(PeerId peer) {
        swarm.disconnect(peer);
    }

    @Override
    public Set<PeerId> connectedPeers() {
        return swarm.connectedPeers();
    }

    @Override
    public Set<ProtocolId> protocolsOf(PeerId peer) {
        return swarm.protocolsOf(peer);
    }

    @Override
    public byte[] signedRecordOf(PeerId peer) {
        return swarm.signedRecordOf(peer);
    }

    @Override
    public void handle(ProtocolId protocol, StreamHandler handler) {
        swarm.handle(protocol, handler);
    }

    @Override
    public void unhandle(ProtocolId protocol) {
        swarm.unhandle(protocol);
    }

    @Override
    public void allowLimited(ProtocolId protocol) {
        swarm.allowLimited(protocol);
    }

    @Override
    public void onPeerEvent(Consumer<PeerEvent> listener) {
        swarm.onPeerEvent(listener);
    }
}
