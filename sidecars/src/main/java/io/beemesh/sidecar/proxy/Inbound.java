package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.netty.ChannelBridge;
import io.beemesh.libp2p.netty.DatagramBridge;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDatagramChannel;
import java.net.ConnectException;
import java.net.InetSocketAddress;

/** Brings what comes for the pod to its ports: those that are on its own address. On the loop only. */
final class Inbound {
    private static final int CONNECT_MILLIS_MAX = 5000;

    private final NettyLoop loop;
    private final SidecarConfig config;

    Inbound(NettyLoop loop, SidecarConfig config) {
        this.loop = loop;
        this.config = config;
    }

    void serve(Carrier carrier, ConnectRequest request) {
        boolean machine = carrier.stream().remotePeer().equals(config.machine());
        if (!machine || request.port() == config.port()) {
            carrier.answer(ConnectStatus.DENIED);
            return;
        }
        InetSocketAddress target = new InetSocketAddress(config.podAddress(), request.port());
        switch (request.transport()) {
            case TCP -> tcp(carrier, target);
            case UDP -> udp(carrier, target);
        }
    }

    private void tcp(Carrier carrier, InetSocketAddress target) {
        ChannelBridge.dial(loop, target, CONNECT_MILLIS_MAX, OutboundTcp.RECEIVE_BYTES)
                .whenComplete((bridge, failure) -> {
                    if (failure == null) {
                        carrier.answer(ConnectStatus.OK);
                        OutboundTcp.join(bridge, carrier);
                    } else {
                        carrier.answer(failure instanceof ConnectException
                                ? ConnectStatus.REFUSED
                                : ConnectStatus.UNREACHABLE);
                    }
                });
    }

    private void udp(Carrier carrier, InetSocketAddress target) {
        loop.opened(new Bootstrap().group(loop.eventLoop()).channel(EpollDatagramChannel.class)
                .handler(new ChannelInboundHandlerAdapter()).connect(target))
                .whenComplete((socket, failure) -> {
                    if (failure != null) {
                        carrier.answer(ConnectStatus.UNREACHABLE);
                        return;
                    }
                    DatagramBridge bridge = new DatagramBridge(socket, carrier.stream());
                    socket.pipeline().addLast(bridge);
                    carrier.answer(ConnectStatus.OK);
                    carrier.datagrams(bridge::toSocket, socket::close);
                });
    }
}
