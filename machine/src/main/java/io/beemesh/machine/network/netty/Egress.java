package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.ChannelBridge;
import io.beemesh.libp2p.netty.DatagramBridge;
import io.beemesh.libp2p.netty.KeepAlive;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.network.Route;
import io.beemesh.machine.network.Shares;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;

/** Connections out of the mesh, from this machine's own network. On the pods' loop only. */
final class Egress {
    private static final int CONNECT_MILLIS_MAX = 10_000;
    /** Of all pods, of which none has more than it leaves to others. */
    private static final int SOCKETS_MAX = 8192;
    private static final Duration UDP_IDLE = Duration.ofSeconds(60);

    private final NettyLoop loop;
    private final BridgeBudget bridges;
    private final Shares<PeerId> pods = new Shares<>(SOCKETS_MAX);

    Egress(NettyLoop loop, BridgeBudget bridges) {
        this.loop = loop;
        this.bridges = bridges;
    }

    /** Connects and joins, and calls {@code opened}; {@code failed} is told why there is no connection. */
    void open(Carrier carrier, Transport transport, Route.Outside to, Runnable opened,
            Consumer<ConnectStatus> failed) {
        InetSocketAddress target = new InetSocketAddress(to.address(), to.port());
        PeerId pod = carrier.stream().remotePeer();
        if (!pods.take(pod)) {
            failed.accept(ConnectStatus.UNREACHABLE);
            return;
        }
        Consumer<ConnectStatus> none = why -> {
            pods.give(pod);
            failed.accept(why);
        };
        switch (transport) {
            case TCP -> tcp(carrier, target, opened, none);
            case UDP -> udp(carrier, target, opened, none);
            case GROUP, FENCE -> none.accept(ConnectStatus.DENIED);
        }
    }

    private void tcp(Carrier carrier, InetSocketAddress target, Runnable opened,
            Consumer<ConnectStatus> failed) {
        ChannelBridge.dial(loop, target, CONNECT_MILLIS_MAX, 0, bridges)
                .whenComplete((bridge, failure) -> {
                    if (failure == null) {
                        giveBackAtTheEnd(bridge.channel(), carrier);
                        opened.run();
                        KeepAlive.start(bridge.channel());
                        carrier.answer(ConnectStatus.OK);
                        carrier.bytes(bridge);
                        bridge.join(carrier.stream(), Carrier.CREDIT_BYTES);
                    } else {
                        failed.accept(status(failure));
                    }
                });
    }

    private void giveBackAtTheEnd(Channel socket, Carrier carrier) {
        PeerId pod = carrier.stream().remotePeer();
        socket.closeFuture().addListener(closed -> pods.give(pod));
    }

    private static ConnectStatus status(Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return ConnectStatus.TIMED_OUT;
        }
        return cause instanceof ConnectException
                ? ConnectStatus.REFUSED
                : ConnectStatus.UNREACHABLE;
    }

    private void udp(Carrier carrier, InetSocketAddress target, Runnable opened,
            Consumer<ConnectStatus> failed) {
        loop.opened(new Bootstrap().group(loop.eventLoop()).channel(NioDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, DatagramBridge.room())
                .handler(new ChannelInboundHandlerAdapter()).connect(target))
                .whenComplete((socket, failure) -> {
                    if (failure != null) {
                        failed.accept(ConnectStatus.UNREACHABLE);
                        return;
                    }
                    giveBackAtTheEnd(socket, carrier);
                    opened.run();
                    DatagramBridge bridge = new DatagramBridge(socket, carrier.stream());
                    socket.pipeline().addLast(bridge);
                    carrier.answer(ConnectStatus.OK);
                    carrier.datagrams(bridge::toSocket, socket::close);
                    watch(socket, bridge, UDP_IDLE);
                });
    }

    private void watch(Channel socket, DatagramBridge bridge, Duration wait) {
        Loop.Timer timer = loop.schedule(wait, () -> {
            Duration left = UDP_IDLE.minus(bridge.idle());
            if (!left.isPositive()) {
                socket.close();
            } else if (socket.isOpen()) {
                watch(socket, bridge, left);
            }
        });
        socket.closeFuture().addListener(closed -> timer.cancel());
    }
}
