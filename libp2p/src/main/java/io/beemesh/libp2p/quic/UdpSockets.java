package io.beemesh.libp2p.quic;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;
import java.net.SocketAddress;
import java.util.Optional;

/**
 * The sockets under QUIC: the JDK's, which carry a datagram a call, or Linux' own, which carry as many as there
 * are, of one size and one peer, up to 64 KiB.
 */
public final class UdpSockets {
    private static final int DATAGRAM_BYTES = 2048;
    private static final int DATAGRAMS_PER_READ = 32;

    /**
     * What the kernel keeps for a loop that is late, and else drops; go has as much. The kernel gives no more than
     * {@code net.core.rmem_max} and {@code wmem_max}.
     */
    private static final int SOCKET_BYTES = 7 << 20;

    private final EventLoop eventLoop;
    private final Class<? extends DatagramChannel> kind;
    private final Optional<EpollUdp> epoll;

    /** Sockets of this kind, which is one that this event loop drives: the JDK's or Linux' own. */
    public UdpSockets(EventLoop eventLoop, Class<? extends DatagramChannel> kind) {
        this.eventLoop = eventLoop;
        this.kind = kind;
        this.epoll = kind.equals(NioDatagramChannel.class)
                ? Optional.empty()
                : Optional.of(new EpollUdp());
    }

    ChannelFuture bind(SocketAddress address, ByteBufAllocator allocator, ChannelHandler codec) {
        Bootstrap bootstrap = new Bootstrap().group(eventLoop).channel(kind)
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BYTES)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BYTES);
        epoll.ifPresentOrElse(it -> it.configure(bootstrap, codec), () -> {
            MaxMessagesRecvByteBufAllocator fixed = new FixedRecvByteBufAllocator(DATAGRAM_BYTES);
            bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR,
                    fixed.maxMessagesPerRead(DATAGRAMS_PER_READ)).handler(codec);
        });
        return bootstrap.bind(address);
    }

    /** How QUIC puts datagrams together. */
    SegmentedDatagramPacketAllocator segments() {
        return epoll.map(EpollUdp::segments).orElse(SegmentedDatagramPacketAllocator.NONE);
    }
}
