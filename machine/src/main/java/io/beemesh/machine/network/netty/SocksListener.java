package io.beemesh.machine.network.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;

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
import java.security.MessageDigest;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How this machine's own programs reach its pods: probes, port-forward, the default Service. A SOCKS
 * proxy on loopback that knows addresses only, no names. Who comes through it passes all policies, so it asks for a
 * secret, which this node's own clients have.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1928">RFC 1928</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1929">RFC 1929</a>
 */
final class SocksListener {
    /** Of those that have given the secret. */
    private static final int CONNECTIONS_MAX = 1024;
    /** Of those that have not yet, such as many probes at once; beyond it the oldest gives way: it was given time. */
    private static final int STRANGERS_MAX = 512;
    private static final int REQUEST_BYTES_MAX = 512;
    private static final Duration REQUEST = Duration.ofSeconds(5);
    private static final byte VERSION = 5;
    private static final byte PASSWORD = 2;
    private static final byte PASSWORD_VERSION = 1;
    private static final int NONE = 0xff;

    private final NettyLoop loop;
    private final Dialer dialer;
    private final BridgeBudget bridges;
    private final String secret;
    private volatile @Nullable Channel server;
    private final SequencedSet<Channel> strangers = new LinkedHashSet<>();
    private int connections;

    /** Opens a connection to a pod's port; fails with a {@link RefusedException}. */
    interface Dialer {
        CompletableFuture<Carrier> dial(Endpoint to);
    }

    private enum Awaited {
        METHODS, SECRET, REQUEST, NOTHING
    }

    /** @param secret of ASCII characters, at most 255 */
    SocksListener(NettyLoop loop, Dialer dialer, BridgeBudget bridges, String secret) {
        this.loop = loop;
        this.secret = secret;
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

    /** Where it listens, and for whom; empty before. */
    Optional<PodProxy> proxy() {
        Channel bound = server;
        return bound == null
                ? Optional.empty()
                : Optional.of(new PodProxy((InetSocketAddress) bound.localAddress(), secret));
    }

    void close() {
        Channel bound = server;
        if (bound != null) {
            bound.close();
        }
    }

    private void accept(DuplexChannel channel) {
        strangers.add(channel);
        channel.closeFuture().addListener(closed -> strangers.remove(channel));
        if (strangers.size() > STRANGERS_MAX) {
            strangers.removeFirst().close();
        }
        channel.pipeline().addLast(new Request(channel));
    }

    /** The messages before the bytes. */
    private final class Request extends ChannelInboundHandlerAdapter {
        private final DuplexChannel channel;
        private final ByteBuf held = Unpooled.buffer(64, REQUEST_BYTES_MAX);
        private Awaited awaited = Awaited.METHODS;

        Request(DuplexChannel channel) {
            this.channel = channel;
            loop.schedule(REQUEST, () -> {
                if (awaited != Awaited.NOTHING) {
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
            if (awaited == Awaited.METHODS && hasLengthAt(1)) {
                methods();
            }
            if (awaited == Awaited.SECRET && hasLengthAt(1)
                    && hasLengthAt(2 + held.getUnsignedByte(held.readerIndex() + 1))) {
                secret();
            }
            if (awaited == Awaited.REQUEST && held.readableBytes() >= 10) {
                request();
            } else if (awaited != Awaited.NOTHING) {
                channel.read();
            }
        }

        /** True once the bytes are there whose number is said there. */
        private boolean hasLengthAt(int at) {
            return held.readableBytes() > at && held.readableBytes() > at
                    + held.getUnsignedByte(held.readerIndex() + at);
        }

        private byte[] counted() {
            byte[] bytes = new byte[held.readUnsignedByte()];
            held.readBytes(bytes);
            return bytes;
        }

        private void methods() {
            boolean known = held.readByte() == VERSION;
            boolean offered = false;
            for (byte method : counted()) {
                offered |= method == PASSWORD;
            }
            awaited = Awaited.SECRET;
            say(known && offered, VERSION, known && offered ? PASSWORD : NONE);
        }

        private void secret() {
            boolean known = held.readByte() == PASSWORD_VERSION && counted().length > 0
                    && MessageDigest.isEqual(counted(), secret.getBytes(US_ASCII));
            awaited = Awaited.REQUEST;
            boolean goOn = known && connections < CONNECTIONS_MAX && strangers.remove(channel);
            if (goOn) {
                connections++;
                channel.closeFuture().addListener(closed -> connections--);
            }
            say(goOn, PASSWORD_VERSION, goOn ? 0 : NONE);
        }

        private void say(boolean goOn, byte version, int answer) {
            ChannelFuture said = channel.writeAndFlush(
                    Unpooled.wrappedBuffer(new byte[]{version, (byte) answer}));
            if (!goOn) {
                awaited = Awaited.NOTHING;
                said.addListener(done -> channel.close());
            }
        }

        private void request() {
            awaited = Awaited.NOTHING;
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
