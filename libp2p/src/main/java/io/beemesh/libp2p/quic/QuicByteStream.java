package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One QUIC stream. Bytes stay within QUIC, whose window then closes, until there is credit for them; only
 * what one read brought may wait here, so that the end of a stream is seen without credit too. A reset is
 * seen by the next read.
 */
final class QuicByteStream extends ChannelInboundHandlerAdapter implements ByteStream {
    private static final Logger LOG = LoggerFactory.getLogger(QuicByteStream.class);

    private final QuicConnection connection;
    private final int writeBytesMax;
    private final boolean inbound;
    private final Deque<ByteBuf> held = new ArrayDeque<>(1);
    private @Nullable QuicStreamChannel channel;
    private @Nullable QuicOutput output;
    private @Nullable StreamReader reader;
    private @Nullable StreamResetException failure;
    private long credit;
    private boolean reading;
    private boolean delivering;
    private boolean ended;
    private boolean endDelivered;

    QuicByteStream(QuicConnection connection, int writeBytesMax, boolean inbound) {
        this.connection = connection;
        this.writeBytesMax = writeBytesMax;
        this.inbound = inbound;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = (QuicStreamChannel) context.channel();
        output = new QuicOutput(connection, channel, writeBytesMax);
    }

    @Override
    public boolean isInbound() {
        return inbound;
    }

    @Override
    public void reader(StreamReader newReader) {
        if (reader != null) {
            throw new IllegalStateException("stream has a reader");
        }
        reader = newReader;
        StreamResetException cause = failure;
        if (cause != null) {
            connection.loop().execute(() -> newReader.onReset(cause));
        } else {
            connection.loop().execute(this::pump);
        }
    }

    @Override
    public void request(long bytes) {
        credit = credit + bytes < 0 ? Long.MAX_VALUE : credit + bytes;
        pump();
    }

    /** Delivers as far as there is credit, and reads on once nothing is held. */
    private void pump() {
        StreamReader to = reader;
        if (delivering || to == null) {
            return;
        }
        while (!held.isEmpty() && credit > 0 && failure == null) {
            ByteBuf head = held.getFirst();
            int count = (int) Math.min(credit, head.readableBytes());
            credit -= credit == Long.MAX_VALUE ? 0 : count;
            hand(to, head.nioBuffer(head.readerIndex(), count));
            if (failure == null) {
                head.skipBytes(count);
                if (!head.isReadable()) {
                    held.removeFirst().release();
                }
            }
        }
        if (failure != null || !held.isEmpty()) {
            return;
        }
        if (ended && !endDelivered) {
            endDelivered = true;
            to.onEnd();
        } else if (!ended && !reading && channel != null) {
            reading = true;
            channel.read();
        }
    }

    private void hand(StreamReader to, ByteBuffer part) {
        delivering = true;
        try {
            to.onData(part);
        } finally {
            delivering = false;
        }
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        StreamResetException cause = failure;
        QuicOutput to = output;
        if (cause != null || to == null) {
            return CompletableFuture.failedFuture(
                    cause != null ? cause : new StreamResetException("stream is not open"));
        }
        if (!to.hasRoomFor(bytes)) {
            end(new StreamResetException("more than " + writeBytesMax + " bytes wait to be sent"));
            return CompletableFuture
                    .failedFuture(new StreamResetException("too many bytes wait to be sent"));
        }
        return to.write(bytes);
    }

    /** The connection's streams may send again. */
    void resume() {
        if (output != null) {
            output.resume();
        }
    }

    @Override
    public void closeWrite() {
        if (failure == null && output != null && !output.isClosed()) {
            output.close();
        }
    }

    @Override
    public void reset() {
        end(new StreamResetException("reset by this side"));
    }

    @Override
    public boolean isOpen() {
        return failure == null && !(endDelivered && isWriteClosed());
    }

    private boolean isWriteClosed() {
        return output != null && output.isClosed();
    }

    /** Ends both directions; the reader is told on a later turn. */
    private void end(StreamResetException cause) {
        if (!isOpen()) {
            return;
        }
        failure = cause;
        held.forEach(ByteBuf::release);
        held.clear();
        if (output != null) {
            output.fail(cause);
        }
        StreamReader told = reader;
        if (told != null) {
            connection.loop().execute(() -> told.onReset(cause));
        }
        if (channel != null && channel.isOpen()) {
            channel.shutdown(0);
            channel.close();
            connection.planFlush();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (failure != null || !bytes.isReadable()) {
            bytes.release();
            return;
        }
        connection.alive();
        held.addLast(bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        reading = false;
        pump();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownReadComplete) {
            ended = true;
            reading = false;
            pump();
            if (output != null) {
                output.closeIfOver();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        connection.remove(this);
        if (!ended || !isWriteClosed()) {
            end(new StreamResetException("connection was lost"));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("Stream ended stream={} reason={}", context.channel(), cause.toString());
        end(new StreamResetException("reset by the remote side"));
    }
}
