package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.ChannelBridge;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes the TCP connections that the pod makes. The socket is transparent, so the local address of an
 * accepted connection is the one that the pod asked for. On the loop only.
 *
 * @see <a href="https://docs.kernel.org/networking/tproxy.html">transparent proxy support</a>
 */
final class OutboundTcp {
    /** Of each socket to the pod: all that may be held of a connection that its peer has closed. */
    static final int RECEIVE_BYTES = 128 * 1024;
    private static final int BACKLOG = 512;

    private final NettyLoop loop;
    private final SidecarConfig config;
    private final MeshEnd machine;
    private final BridgeBudget bridges;
    private volatile @Nullable Channel server;
    private int connections;

    OutboundTcp(NettyLoop loop, SidecarConfig config, MeshEnd machine, BridgeBudget bridges) {
        this.loop = loop;
        this.config = config;
        this.machine = machine;
        this.bridges = bridges;
    }

    CompletableFuture<Void> bind() {
        return loop.opened(new ServerBootstrap().group(loop.eventLoop())
                .channel(EpollServerSocketChannel.class)
                .option(EpollChannelOption.IP_TRANSPARENT, true)
                .option(ChannelOption.SO_REUSEADDR, true).option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOCATOR, loop.allocator())
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_RCVBUF, RECEIVE_BYTES)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept((DuplexChannel) channel);
                    }
                }).bind(config.port())).thenAccept(bound -> server = bound);
    }

    int port() {
        Channel bound = server;
        return bound == null ? 0 : ((InetSocketAddress) bound.localAddress()).getPort();
    }

    private void accept(DuplexChannel channel) {
        InetSocketAddress target = (InetSocketAddress) channel.localAddress();
        // Whoever connects to this port itself would only come back here.
        boolean direct = target.getAddress().equals(config.podAddress())
                || (target.getAddress().isLoopbackAddress()
                        && target.getPort() == config.port());
        if (direct || connections >= config.connectionsMax()) {
            ChannelBridge.abort(channel);
            return;
        }
        connections++;
        ChannelBridge bridge = new ChannelBridge(channel, bridges);
        channel.pipeline().addLast(bridge);
        channel.closeFuture().addListener(closed -> connections--);
        machine.open(new ConnectRequest(Transport.TCP,
                target.getAddress().getAddress(), target.getPort()))
                .whenComplete((carrier, failure) -> {
                    if (failure != null) {
                        bridge.abort();
                    } else {
                        join(bridge, carrier);
                    }
                });
    }

    static void join(ChannelBridge bridge, Carrier carrier) {
        carrier.bytes(bridge);
        bridge.join(carrier.stream(), Carrier.CREDIT_BYTES);
    }

    void close() {
        Channel bound = server;
        if (bound != null) {
            bound.close();
        }
    }
}
