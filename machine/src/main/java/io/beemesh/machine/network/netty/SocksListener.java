package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.ChannelBridge;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.RefusedException;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How this machine's own programs reach its pods: probes, port-forward, the default Service. A SOCKS
 * proxy on loopback that knows addresses only, no names and no authentication.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1928">RFC 1928</a>
 */
final class SocksListener {
    private static final int CONNECTIONS_MAX = 1024;
    private static final int REQUEST_BYTES_MAX = 512;
    private static final Duration REQUEST = Duration.ofSeconds(5);
    private static final byte VERSION = 5;

    private final NettyLoop loop;
    private final Dialer dialer;
    private final BridgeBudget bridges;
    private volatile @Nullable Channel server;
    private int connections;

    /** Opens a connection to a pod's port; fails with a {@link RefusedException}. */
    interface Dialer {
        CompletableFuture<Carrier> dial(Endpoint to);
    }

    SocksListener(NettyLoop loop, Dialer dialer, BridgeBudget bridges) {
        this.loop = loop;
        this.dialer = dialer;
        this.bridges = bridges;
    }

    CompletableFuture<Void> bind() {
        return loop.opened(new ServerBootstrap().group(loop.eventLoop())
                .channel(loop.sockets().tcpServer())
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept((DuplexChannel) channel);
                    }
                }).bind(InetAddress.getLoopbackAddress(), 0))
                .thenAccept(bound -> server = bound);
    }

    /** Where it listens; empty before. */
    Optional<InetSocketAddress> address() {
        Channel bound = server;
        return bound == null
                ? Optional.empty()
                : Optional.of((InetSocketAddress) bound.localAddress());
    }

    void close() {
        Channel bound = server;
        if (bound != null) {
            bound.close();
        }
    }

    private void accept(DuplexChannel channel) {
        if (connections >= CONNECTIONS_MAX) {
            channel.close();
            return;
        }
        connections++;
        channel.closeFuture().addListener(closed -> connections--);
        channel.pipeline().addLast(new Request(channel));
    }

    /** The two messages before the bytes. */
    private final class Request extends ChannelInboundHandlerAdapter {
        private final DuplexChannel channel;
        private final ByteBuf held = Unpooled.buffer(64, REQUEST_BYTES_MAX);
        private boolean greeted;
        private boolean dialing;

        Request(DuplexChannel channel) {
            this.channel = channel;
            loop.schedule(REQUEST, () -> {
                if (!dialing) {
                    channel.close();
                }
            });
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            channel.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            try {
                if (bytes.readableBytes() > held.maxWritableBytes()) {
                    channel.close();
                    return;
                }
                held.writeBytes(bytes);
            } finally {
                bytes.release();
            }
            if (!greeted && held.readableBytes() >= 2) {
                int methods = held.getUnsignedByte(held.readerIndex() + 1);
                if (held.readableBytes() >= 2 + methods) {
                    greeted = true;
                    if (held.readByte() != VERSION) {
                        channel.close();
                        return;
                    }
                    held.skipBytes(1 + methods);
                    channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[]{VERSION, 0}));
                }
            }
            if (greeted && !dialing && held.readableBytes() >= 10) {
                request();
            } else if (!dialing) {
                channel.read();
            }
        }

        private void request() {
            dialing = true;
            held.skipBytes(1);
            boolean connect = held.readByte() == 1;
            held.skipBytes(1);
            if (!connect || held.readByte() != 1) {
                reply(7).addListener(done -> channel.close());
                return;
            }
            String address = held.readUnsignedByte() + "." + held.readUnsignedByte() + "."
                    + held.readUnsignedByte() + "." + held.readUnsignedByte();
            int port = held.readUnsignedShort();
            held.release();
            dialer.dial(new Endpoint(address, port)).whenComplete((carrier, failure) -> {
                if (failure != null) {
                    reply(RefusedException.statusOf(failure) == ConnectStatus.REFUSED ? 5 : 4)
                            .addListener(done -> channel.close());
                    return;
                }
                ChannelBridge bridge = new ChannelBridge(channel, bridges);
                channel.pipeline().replace(this, "bridge", bridge);
                reply(0);
                carrier.bytes(bridge);
                bridge.join(carrier.stream(), Carrier.CREDIT_BYTES);
            });
        }

        private ChannelFuture reply(int code) {
            return channel.writeAndFlush(
                    Unpooled.wrappedBuffer(new byte[]{VERSION, (byte) code, 0, 1, 0, 0, 0, 0, 0,
                            0}));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            channel.close();
        }
    }
}
