package io.beemesh.libp2p.quic;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.netty.TestHost;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Both kinds of sockets carry QUIC to each other. */
class UdpSocketsTest {
    private static final InetSocketAddress PEER = new InetSocketAddress(
            InetAddress.getLoopbackAddress(), 9);

    private static TestHost start(NettySockets sockets) {
        return TestHost.start(sockets, config -> config.withQuic(QuicConfig.defaults()),
                "/ip4/127.0.0.1/udp/0/quic-v1");
    }

    @Test
    void fastest_onLinux_isNative() {
        boolean linux = System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
        assertThat(NettySockets.fastest().udp().equals(NettySockets.nio().udp()))
                .isNotEqualTo(linux);
    }

    @Test
    void exchange_betweenTheKinds_comesBack() {
        for (List<NettySockets> pair : List.of(
                List.of(NettySockets.nio(), NettySockets.nio()),
                List.of(NettySockets.nio(), NettySockets.fastest()),
                List.of(NettySockets.fastest(), NettySockets.nio()))) {
            try (TestHost a = start(pair.getFirst()); TestHost b = start(pair.getLast())) {
                a.know(b.address());
                List<CompletableFuture<Void>> all = IntStream.range(0, 4)
                        .mapToObj(i -> a.onLoop(
                                () -> Echo.exchange(a.host(), b.id(), 4 << 20, true)))
                        .toList();
                all.forEach(a::await);
                assertThat(a.failures() + b.failures()).isZero();
            }
        }
    }

    /** What a kernel or a device says that cannot cut them. */
    private static final class Refusing extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ((DatagramPacket) message).release();
            promise.setFailure(new IOException("Input/output error"));
        }
    }

    @Test
    void write_manyDatagramsAreRefused_goOneByOneFromThenOn() {
        Segments segments = new Segments(40);
        EmbeddedChannel channel = new EmbeddedChannel(new Refusing(), segments);
        ChannelFuture one = channel
                .writeOneOutbound(new DatagramPacket(Unpooled.buffer().writeZero(10), PEER));
        assertThat(one.isSuccess()).isFalse();
        assertThat(segments.maxNumSegments()).isEqualTo(40);
        DatagramPacket many = segments.newPacket(Unpooled.buffer().writeZero(30), 10, PEER);
        assertThat(many).isInstanceOf(SegmentedDatagramPacket.class);
        assertThat(channel.writeOneOutbound(many).isSuccess()).isFalse();
        assertThat(segments.maxNumSegments()).isZero();
        assertThat(channel.finish()).isFalse();
    }
}
