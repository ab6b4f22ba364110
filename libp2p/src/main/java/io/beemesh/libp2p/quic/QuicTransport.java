package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.swarm.AddressGroup;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.swarm.PendingHandshakes;
import io.beemesh.libp2p.swarm.Transport;
import io.beemesh.libp2p.tls.TlsCredentials;
import io.beemesh.libp2p.tls.TlsException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * QUIC version 1 with libp2p certificates on both sides: one socket for all that is dialed, one for each
 * address that is listened on. All methods on the loop.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/quic/README.md">QUIC</a>
 */
public final class QuicTransport implements Transport {
    private static final Logger LOG = LoggerFactory.getLogger(QuicTransport.class);

    /** Handshakes of peers that dialed, at a time. */
    private static final int HANDSHAKES_MAX = 128;

    private static final String PROTOCOL = "libp2p";
    private static final AttributeKey<QuicConnection> CONNECTION = AttributeKey
            .valueOf(QuicTransport.class, "connection");

    /** Of an Ethernet frame, less the headers of IPv6 and UDP; go takes as much. Smaller ones come first. */
    private static final int DATAGRAM_BYTES_MAX = 1452;

    private final Loop loop;
    private final UdpSockets sockets;
    private final TlsCredentials credentials;
    private final QuicConfig config;
    private final ConnectionGater gater;
    private final Consumer<Connection> accepted;
    private final QuicSslContext dialing;
    private final QuicSslContext listening;
    private final PooledByteBufAllocator allocator = new PooledByteBufAllocator(true, 0, 1, 8192, 6,
            0, 0, false);
    /** A pool frees its last chunk with the last buffer in it, and the next one would pay for another. */
    private final ByteBuf keepsChunk = allocator.directBuffer(16);

    private final List<Channel> servers = new ArrayList<>(1);
    private @Nullable Channel client;
    private final PendingHandshakes handshakes = new PendingHandshakes(HANDSHAKES_MAX);

    /**
     * A transport on this loop.
     *
     * @param sockets of this loop
     * @param accepted takes the connections of peers that dialed
     * @throws UnsatisfiedLinkError if the native library is missing
     */
    public QuicTransport(Loop loop, UdpSockets sockets, TlsCredentials credentials,
            QuicConfig config, ConnectionGater gater, Consumer<Connection> accepted) {
        Quic.ensureAvailability();
        this.loop = loop;
        this.sockets = sockets;
        this.credentials = credentials;
        this.config = config;
        this.gater = gater;
        this.accepted = accepted;
        this.dialing = QuicSslContextBuilder.forClient()
                .keyManager(credentials.key(), null, credentials.certificate())
                .trustManager(credentials.trustManager())
                .endpointIdentificationAlgorithm(null)
                .applicationProtocols(PROTOCOL)
                .build();
        this.listening = QuicSslContextBuilder
                .forServer(credentials.key(), null, credentials.certificate())
                .clientAuth(ClientAuth.REQUIRE)
                .trustManager(credentials.trustManager())
                .applicationProtocols(PROTOCOL)
                .build();
    }

    Loop loop() {
        return loop;
    }

    QuicConfig config() {
        return config;
    }

    @Override
    public boolean canDial(Multiaddr address) {
        return QuicAddress.isQuic(address);
    }

    // Dialing.

    @Override
    public CompletableFuture<Connection> dial(Multiaddr address, PeerId peer) {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        Channel socket = client;
        if (socket != null) {
            connect(socket, address, peer, result);
            return result;
        }
        sockets.bind(new InetSocketAddress(0), allocator,
                codec(new QuicClientCodecBuilder(), dialing).build())
                .addListener((ChannelFuture bound) -> {
                    if (!bound.isSuccess()) {
                        result.completeExceptionally(
                                new Libp2pException("no socket to dial from", bound.cause()));
                        return;
                    }
                    if (client == null) {
                        client = bound.channel();
                    } else {
                        bound.channel().close();
                    }
                    connect(client, address, peer, result);
                });
        return result;
    }

    private void connect(Channel socket, Multiaddr address, PeerId peer,
            CompletableFuture<Connection> result) {
        Handshake handshake = new Handshake(address, false, result);
        Loop.Timer deadline = loop.schedule(config.handshakeTimeout(),
                () -> handshake.fail("handshake took too long"));
        result.whenComplete((connection, failure) -> deadline.cancel());
        QuicChannel.newBootstrap(socket)
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, sockets.segments())
                .streamOption(ChannelOption.ALLOCATOR, allocator)
                .handler(handshake.expecting(peer))
                .streamHandler(new AcceptStream())
                .remoteAddress(QuicAddress.toSocketAddress(address))
                .connect()
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        handshake.fail(String.valueOf(connected.cause().getMessage()));
                    }
                });
    }

    // Listening.

    /** True for addresses on which {@link #listen} accepts connections. */
    public boolean canListen(Multiaddr address) {
        return QuicAddress.isQuic(address);
    }

    /** Accepts connections; {@code hosts} gives the concrete addresses of what was bound. */
    public CompletableFuture<List<Multiaddr>> listen(Multiaddr address,
            Function<InetSocketAddress, List<InetAddress>> hosts) {
        CompletableFuture<List<Multiaddr>> result = new CompletableFuture<>();
        ChannelHandler server = codec(new QuicServerCodecBuilder(), listening)
                .tokenHandler(new RetryTokens(loop, handshakes::isBusy))
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, sockets.segments())
                .streamOption(ChannelOption.ALLOCATOR, allocator)
                .handler(new AcceptConnection())
                .streamHandler(new AcceptStream())
                .build();
        sockets.bind(QuicAddress.toSocketAddress(address), allocator, server)
                .addListener((ChannelFuture bound) -> {
                    if (!bound.isSuccess()) {
                        result.completeExceptionally(
                                new Libp2pException("cannot listen on " + address, bound.cause()));
                        return;
                    }
                    servers.add(bound.channel());
                    InetSocketAddress local = (InetSocketAddress) bound.channel().localAddress();
                    result.complete(hosts.apply(local).stream()
                            .map(host -> QuicAddress.toMultiaddr(host, local.getPort())).toList());
                });
        return result;
    }

    private <B extends QuicCodecBuilder<B>> B codec(B builder, QuicSslContext context) {
        return builder.sslEngineProvider(channel -> context.newEngine(channel.alloc()))
                .maxIdleTimeout(config.idleTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .initialMaxData(config.connectionWindowBytes())
                .initialMaxStreamDataBidirectionalLocal(config.streamWindowBytes())
                .initialMaxStreamDataBidirectionalRemote(config.streamWindowBytes())
                .initialMaxStreamsBidirectional(config.inboundStreamsMax())
                .initialMaxStreamsUnidirectional(0)
                .maxSendUdpPayloadSize(DATAGRAM_BYTES_MAX)
                .discoverPmtu(true)
                .activeMigration(false);
    }

    private final class AcceptConnection extends ChannelInitializer<QuicChannel> {
        @Override
        protected void initChannel(QuicChannel channel) {
            if (!(channel.remoteSocketAddress() instanceof InetSocketAddress from)) {
                channel.close();
                return;
            }
            Multiaddr remote = QuicAddress.toMultiaddr(from.getAddress(), from.getPort());
            AddressPart group = AddressGroup.of(remote);
            if (!gater.allowAccept(remote) || !handshakes.makeRoom(group)) {
                channel.close(false, 0, Unpooled.EMPTY_BUFFER);
                return;
            }
            CompletableFuture<Connection> result = new CompletableFuture<>();
            Handshake handshake = new Handshake(remote, true, result);
            Runnable end = () -> handshake.fail("too many handshakes");
            handshakes.add(group, end);
            Loop.Timer deadline = loop.schedule(config.handshakeTimeout(),
                    () -> handshake.fail("handshake took too long"));
            result.whenComplete((connection, failure) -> {
                deadline.cancel();
                handshakes.remove(group, end);
                if (failure == null) {
                    accepted.accept(connection);
                }
            });
            channel.pipeline().addLast(handshake);
        }

        @Override
        public boolean isSharable() {
            return true;
        }
    }

    /** The handler of each stream that a remote side opens. */
    private static final class AcceptStream extends ChannelInitializer<QuicStreamChannel> {
        @Override
        protected void initChannel(QuicStreamChannel stream) {
            QuicConnection connection = stream.parent().attr(CONNECTION).get();
            if (connection == null) {
                stream.close();
                return;
            }
            configure(stream);
            stream.pipeline().addLast(connection.accept());
        }

        @Override
        public boolean isSharable() {
            return true;
        }
    }

    /** Prepares a stream that this side opens. */
    ChannelHandler initializer(QuicByteStream handler) {
        return new ChannelInitializer<QuicStreamChannel>() {
            @Override
            protected void initChannel(QuicStreamChannel stream) {
                configure(stream);
                stream.pipeline().addLast(handler);
            }
        };
    }

    private static void configure(QuicStreamChannel stream) {
        stream.config().setAutoRead(false).setAllowHalfClosure(true);
        // One buffer a read: what a stream holds without credit is one of these.
        stream.config().setRecvByteBufAllocator(
                new AdaptiveRecvByteBufAllocator(512, 4096, 65_536).maxMessagesPerRead(1));
    }

    /** Waits for the end of a handshake, then for the end of the connection. */
    private final class Handshake extends ChannelInboundHandlerAdapter {
        private final Multiaddr remote;
        private final boolean inbound;
        private final CompletableFuture<Connection> result;
        private @Nullable PeerId expected;
        private @Nullable Channel channel;
        private @Nullable QuicConnection connection;

        Handshake(Multiaddr remote, boolean inbound, CompletableFuture<Connection> result) {
            this.remote = remote;
            this.inbound = inbound;
            this.result = result;
        }

        Handshake expecting(PeerId peer) {
            expected = peer;
            return this;
        }

        void fail(String reason) {
            if (result.completeExceptionally(new Libp2pException(reason)) && channel != null) {
                channel.close();
            }
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            channel = context.channel();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent done) {
                if (done.isSuccess()) {
                    onHandshake((QuicChannel) context.channel());
                } else {
                    fail("handshake failed: " + done.cause().getMessage());
                }
            } else if (event instanceof QuicStreamLimitChangedEvent && connection != null) {
                connection.onStreamsAllowed();
            }
            context.fireUserEventTriggered(event);
        }

        private void onHandshake(QuicChannel quic) {
            try {
                SSLEngine engine = quic.sslEngine();
                if (engine == null) {
                    fail("connection is closed");
                    return;
                }
                PublicKey key = credentials.identityIn(engine.getSession().getPeerCertificates());
                PeerId peer = PeerId.of(key);
                if (expected != null && !expected.equals(peer)) {
                    fail("peer is " + peer + ", expected " + expected);
                    return;
                }
                QuicConnection up = new QuicConnection(QuicTransport.this, quic, key, remote,
                        inbound);
                connection = up;
                quic.attr(CONNECTION).set(up);
                if (!result.complete(up)) {
                    up.close();
                }
            } catch (SSLPeerUnverifiedException | TlsException e) {
                fail(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            fail("connection lost");
            if (connection != null) {
                connection.onChannelClosed();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("Connection failed address={} reason={}", remote, cause.toString());
            fail("connection failed: " + cause.getMessage());
        }
    }

    /** Stops accepting and dialing. */
    public void close() {
        servers.forEach(Channel::close);
        servers.clear();
        if (client != null) {
            client.close();
            client = null;
        }
        if (keepsChunk.refCnt() > 0) {
            keepsChunk.release();
        }
    }
}
