package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.ChannelBridge;
import io.beemesh.libp2p.netty.DatagramBridge;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Consumer;

/** Brings what comes for the pod to its ports: those that are on its own address. On the loop only. */
final class Inbound {
    private static final int CONNECT_MILLIS_MAX = 5000;

    private final NettyLoop loop;
    private final SidecarConfig config;
    private final MeshEnd mesh;
    private final BridgeBudget bridges;
    private Optional<Consumer<Carrier>> group = Optional.empty();
    private Optional<Consumer<Carrier>> challenges = Optional.empty();

    Inbound(NettyLoop loop, SidecarConfig config, MeshEnd mesh, BridgeBudget bridges) {
        this.loop = loop;
        this.config = config;
        this.mesh = mesh;
        this.bridges = bridges;
    }

    /** Who takes streams of the pod's group, sealed. */
    void group(Consumer<Carrier> taker) {
        group = Optional.of(taker);
    }

    /** Who answers challenges, sealed. */
    void challenges(Consumer<Carrier> taker) {
        challenges = Optional.of(taker);
    }

    void serve(Carrier carrier, ConnectRequest request) {
        boolean machine = carrier.stream().remotePeer().equals(config.machine());
        Optional<MeshEnd.Source> source = mesh.source(request);
        if (!machine || source.isEmpty() || request.port() == config.port()) {
            carrier.answer(ConnectStatus.DENIED);
            return;
        }
        InetSocketAddress target = new InetSocketAddress(config.podAddress(), request.port());
        switch (request.transport()) {
            case TCP -> tcp(carrier, source.get(), target);
            case UDP -> udp(carrier, source.get(), target);
            case GROUP -> sealed(carrier, source.get(), request.isSealed(), group);
            case FENCE -> sealed(carrier, source.get(), request.isSealed(), challenges);
        }
    }

    private static void sealed(Carrier carrier, MeshEnd.Source source, boolean isSealed,
            Optional<Consumer<Carrier>> taker) {
        if (taker.isEmpty() || !isSealed) {
            carrier.answer(ConnectStatus.DENIED);
            return;
        }
        carrier.answer(ConnectStatus.OK);
        source.accept(carrier).thenAccept(taker.get());
    }

    private void tcp(Carrier carrier, MeshEnd.Source source, InetSocketAddress target) {
        ChannelBridge.dial(loop, target, CONNECT_MILLIS_MAX, OutboundTcp.RECEIVE_BYTES, bridges)
                .whenComplete((bridge, failure) -> {
                    if (failure == null) {
                        carrier.answer(ConnectStatus.OK);
                        source.accept(carrier).whenComplete((sealed, refused) -> {
                            if (refused == null) {
                                OutboundTcp.join(bridge, sealed);
                            } else {
                                bridge.abort();
                            }
                        });
                    } else {
                        carrier.answer(failure instanceof ConnectException
                                ? ConnectStatus.REFUSED
                                : ConnectStatus.UNREACHABLE);
                    }
                });
    }

    private void udp(Carrier carrier, MeshEnd.Source source, InetSocketAddress target) {
        loop.opened(new Bootstrap().group(loop.eventLoop()).channel(EpollDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, DatagramBridge.room())
                .handler(new ChannelInboundHandlerAdapter()).connect(target))
                .whenComplete((socket, failure) -> {
                    if (failure != null) {
                        carrier.answer(ConnectStatus.UNREACHABLE);
                        return;
                    }
                    carrier.answer(ConnectStatus.OK);
                    source.accept(carrier).whenComplete((sealed, refused) -> {
                        if (refused == null) {
                            DatagramBridge bridge = new DatagramBridge(socket, sealed.stream());
                            socket.pipeline().addLast(bridge);
                            sealed.datagrams(bridge::toSocket, socket::close);
                        } else {
                            socket.close();
                        }
                    });
                });
    }
}
