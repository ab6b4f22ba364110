package io.beemesh.libp2p.quic;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Datagrams that leave in one call for as long as that works: a device that makes no checksums refuses them, as does
 * IPsec (EIO), and then they go one by one. The first handler of the sockets of a loop.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/udp.7.html">UDP_SEGMENT</a>
 */
@Sharable
final class Segments extends ChannelOutboundHandlerAdapter
        implements
            SegmentedDatagramPacketAllocator {
    private static final Logger LOG = LoggerFactory.getLogger(Segments.class);

    private final int max;
    private boolean refused;

    /** @param max datagrams in one call */
    Segments(int max) {
        this.max = max;
    }

    @Override
    public int maxNumSegments() {
        return refused ? 0 : max;
    }

    @Override
    public DatagramPacket newPacket(ByteBuf datagrams, int bytesEach, InetSocketAddress to) {
        return new SegmentedDatagramPacket(datagrams, bytesEach, to);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof SegmentedDatagramPacket && !refused) {
            promise.addListener((ChannelFuture written) -> {
                if (!written.isSuccess() && written.channel().isOpen() && !refused) {
                    refused = true;
                    LOG.info("Datagrams go one by one reason=\"{}\"",
                            String.valueOf(written.cause()));
                }
            });
        }
        context.write(message, promise);
    }
}
