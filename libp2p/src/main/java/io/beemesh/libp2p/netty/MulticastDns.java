package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.mdns.Discovery;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds peers of the local networks by multicast DNS over IPv4: one socket for each interface. What is
 * found goes into the host's address book; nothing is dialed.
 */
public final class MulticastDns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MulticastDns.class);
    private static final InetSocketAddress GROUP = new InetSocketAddress("224.0.0.251", 5353);
    private static final int INTERFACES_MAX = 16;
    private static final int HOPS = 255;
    private static final Duration TIME_TO_LIVE = Duration.ofMinutes(5);

    private final NettyLoop loop;
    private final Discovery discovery;
    private final List<Channel> sockets = new ArrayList<>();

    /** Begins at once; the host should listen already. May be called from any thread. */
    public MulticastDns(NettyLoop loop, NettyHost host, RandomGenerator random) {
        this.loop = loop;
        this.discovery = new Discovery(loop, random, host.peerId(), host::listenAddresses,
                this::send,
                (peer, addresses) -> host.addressBook().hear(peer, addresses, TIME_TO_LIVE));
        loop.execute(this::open);
    }

    private void open() {
        CompletableFuture<?> all = CompletableFuture.completedFuture(null);
        try {
            List<NetworkInterface> networks = NetworkInterface.networkInterfaces()
                    .filter(MulticastDns::isUsable).limit(INTERFACES_MAX).toList();
            for (NetworkInterface network : networks) {
                all = CompletableFuture.allOf(all, open(network));
            }
        } catch (SocketException e) {
            LOG.warn("Interfaces not listed reason={}", e.toString());
        }
        all.thenRun(discovery::start);
    }

    private static boolean isUsable(NetworkInterface network) {
        try {
            return network.isUp() && network.supportsMulticast() && !network.isLoopback()
                    && network.inetAddresses()
                            .anyMatch(address -> address.getAddress().length == 4);
        } catch (SocketException e) {
            return false;
        }
    }

    /** Comes once the socket works or is known not to. */
    private CompletableFuture<Void> open(NetworkInterface network) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        // Bound to the group itself, each socket gets what came for it alone.
        loop.opened(new Bootstrap().group(loop.eventLoop())
                .channelFactory(() -> new NioDatagramChannel(SocketProtocolFamily.INET))
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.IP_MULTICAST_IF, network)
                .option(ChannelOption.IP_MULTICAST_TTL, HOPS)
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context,
                            DatagramPacket packet) {
                        discovery.onPacket(packet.content().nioBuffer());
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        LOG.debug("Packet failed interface={} reason={}", network.getName(),
                                cause.toString());
                    }
                })
                .bind(GROUP)).whenComplete((socket, failure) -> {
                    if (failure == null) {
                        join((NioDatagramChannel) socket, network, done);
                    } else {
                        fail(network, failure, done);
                    }
                });
        return done;
    }

    private void join(NioDatagramChannel socket, NetworkInterface network,
            CompletableFuture<Void> done) {
        socket.joinGroup(GROUP, network).addListener((ChannelFuture joined) -> {
            if (joined.isSuccess()) {
                sockets.add(socket);
                done.complete(null);
            } else {
                socket.close();
                fail(network, joined.cause(), done);
            }
        });
    }

    private static void fail(NetworkInterface network, Throwable cause,
            CompletableFuture<Void> done) {
        LOG.warn("Multicast not possible interface={} reason={}", network.getName(),
                cause.toString());
        done.complete(null);
    }

    private void send(byte[] packet) {
        for (Channel socket : sockets) {
            socket.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(packet), GROUP));
        }
    }

    /** Packets that were dropped. */
    public long dropped() {
        return discovery.dropped();
    }

    @Override
    public void close() {
        loop.execute(() -> {
            discovery.close();
            sockets.forEach(Channel::close);
        });
    }
}
