package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.FrameReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A connected datagram socket and a stream joined: one frame is one datagram. What the stream has no room
 * for is dropped, as networks do. On the loop of both.
 */
public final class DatagramBridge extends ChannelInboundHandlerAdapter {
    /** As long as a datagram over IPv4 can be, in bytes; Netty alone cuts them at 2,048. */
    public static final int DATAGRAM_BYTES_MAX = 65_507;

    private static final int WRITES_MAX = 64;

    private final Channel channel;
    private final ByteStream stream;
    private int writing;
    private long asked;
    private long answered;
    private long lastNanos = System.nanoTime();

    /** The handler of {@code channel}. */
    public DatagramBridge(Channel channel, ByteStream stream) {
        this.channel = channel;
        this.stream = stream;
    }

    /** The room that a socket is to have for each datagram that it reads. */
    public static RecvByteBufAllocator room() {
        return new FixedRecvByteBufAllocator(DATAGRAM_BYTES_MAX);
    }

    /** Since the last datagram of either side. */
    public Duration idle() {
        return Duration.ofNanos(System.nanoTime() - lastNanos);
    }

    /** True once the stream has brought as many datagrams as the socket. */
    public boolean isAnswered() {
        return answered >= asked;
    }

    /** From the socket. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = message instanceof DatagramPacket packet
                ? packet.content()
                : (ByteBuf) message;
        try {
            toStream(bytes);
        } finally {
            bytes.release();
        }
    }

    /** Sends one datagram on; the caller keeps it. */
    public void toStream(ByteBuf bytes) {
        asked++;
        lastNanos = System.nanoTime();
        if (writing >= WRITES_MAX) {
            return;
        }
        byte[] message = new byte[bytes.readableBytes()];
        bytes.getBytes(bytes.readerIndex(), message);
        writing++;
        stream.write(FrameReader.frame(message)).whenComplete((done, failure) -> {
            writing--;
            if (failure != null) {
                channel.close();
            }
        });
    }

    /** From the stream. */
    public void toSocket(ByteBuffer datagram) {
        answered++;
        lastNanos = System.nanoTime();
        if (channel.isWritable()) {
            channel.writeAndFlush(
                    channel.alloc().buffer(datagram.remaining()).writeBytes(datagram));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stream.reset();
    }

    /** As when nobody listens at the other side: the next datagram may find somebody. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        lastNanos = System.nanoTime();
    }
}
