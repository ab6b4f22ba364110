package io.beemesh.libp2p.quic;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;

/** What Linux' own datagram sockets can do. A class of its own, as Netty's for them may be missing. */
final class EpollUdp {
    /** Together less than the 64 KiB that one call takes, each of the size of an Ethernet frame. */
    private static final int SEGMENTS_MAX = 40;

    private static final int READ_BYTES = 65_535;

    /** After so many datagrams other sockets and tasks have their turn. */
    private static final int DATAGRAMS_PER_READ = 128;

    private final Segments segments = new Segments(
            EpollDatagramChannel.isSegmentedDatagramPacketSupported() ? SEGMENTS_MAX : 0);

    /** Datagrams that came together are read together, where the kernel is of 5.0 or later. */
    void configure(Bootstrap bootstrap, ChannelHandler codec) {
        MaxMessagesRecvByteBufAllocator fixed = new FixedRecvByteBufAllocator(READ_BYTES);
        bootstrap.option(EpollChannelOption.UDP_GRO, true)
                .option(ChannelOption.RECVBUF_ALLOCATOR,
                        fixed.maxMessagesPerRead(DATAGRAMS_PER_READ))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(segments, codec);
                    }
                });
    }

    /** How QUIC puts datagrams together. */
    SegmentedDatagramPacketAllocator segments() {
        return segments;
    }
}
