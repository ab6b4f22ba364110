package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.StreamResetException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamFrame;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a stream. What one turn of the loop writes goes out at its end, as one piece and with
 * the stream's end on it if that turn ended the stream; what QUIC has no room for waits here.
 *
 * <p>The end is kept with the last bytes because quiche loses one that travels alone: it forgets a stream
 * whose bytes are all acknowledged, and then neither sends nor repeats an end that is not (quiche 0.29,
 * <a href="https://github.com/cloudflare/quiche/issues/2525">issue 2525</a>). Where the last bytes have
 * left before, {@link LateEnds} says when the end may follow.
 */
final class QuicOutput implements LateEnds.Sender {
    /** What is gathered before it goes out within the turn. */
    private static final int PIECE_BYTES = 64 * 1024;

    /** What an entry of the queue costs beside its bytes. */
    private static final int ENTRY_BYTES = 128;

    private static final String REFUSED = "remote side takes no more";

    private final QuicConnection connection;
    private final QuicStreamChannel channel;
    private final int waitingBytesMax;
    private final Deque<Waiting> queue = new ArrayDeque<>(2);
    private long waitingBytes;
    private @Nullable ByteBuf piece;
    private boolean flushPlanned;
    private boolean blocked;
    private boolean closed;
    private boolean endGiven;
    private boolean refused;

    private record Waiting(ByteBuffer bytes, CompletableFuture<Void> written) {
        int cost() {
            return bytes.remaining() + ENTRY_BYTES;
        }
    }

    QuicOutput(QuicConnection connection, QuicStreamChannel channel, int waitingBytesMax) {
        this.connection = connection;
        this.channel = channel;
        this.waitingBytesMax = waitingBytesMax;
    }

    boolean isClosed() {
        return closed;
    }

    /** False if so much waits that the stream must end. */
    boolean hasRoomFor(ByteBuffer bytes) {
        return queue.isEmpty() || waitingBytes + bytes.remaining() + ENTRY_BYTES <= waitingBytesMax;
    }

    CompletableFuture<Void> write(ByteBuffer bytes) {
        if (closed || refused) {
            return CompletableFuture.failedFuture(new StreamResetException(
                    closed ? "this side has ended the stream" : REFUSED));
        }
        if (!isStopped() && queue.isEmpty()) {
            if (gather(bytes)) {
                planFlush();
                return CompletableFuture.completedFuture(null);
            } else if (refused) {
                return write(bytes);
            }
        }
        Waiting waiting = new Waiting(bytes, new CompletableFuture<>());
        waitingBytes += waiting.cost();
        queue.addLast(waiting);
        return waiting.written();
    }

    /** Adds to the piece, which goes out before if it is full; false if QUIC did not take that. */
    private boolean gather(ByteBuffer bytes) {
        if (piece != null && piece.readableBytes() + bytes.remaining() > PIECE_BYTES) {
            give(false);
            if (blocked || refused) {
                return false;
            }
        }
        if (piece == null) {
            piece = channel.alloc().directBuffer(bytes.remaining());
        }
        piece.writeBytes(bytes.duplicate());
        return true;
    }

    /** Ends the stream after what was written. */
    void close() {
        closed = true;
        if (piece != null) {
            planFlush();
        } else if (!blocked && queue.isEmpty()) {
            connection.lateEnds().add(this);
        }
        closeIfOver();
    }

    private boolean isStopped() {
        return blocked || connection.lateEnds().isHolding();
    }

    /** What was held back may go. */
    void resume() {
        if (!blocked && !refused && (piece != null || !queue.isEmpty())) {
            drain();
        }
    }

    private void planFlush() {
        if (!flushPlanned) {
            flushPlanned = true;
            connection.planFlush(this);
        }
    }

    /** The turn is over: what it wrote goes out. */
    void flush() {
        flushPlanned = false;
        if (piece != null && !isStopped()) {
            give(closed && queue.isEmpty());
        }
    }

    /** Gives the piece to QUIC. */
    private void give(boolean last) {
        ByteBuf bytes = piece;
        piece = null;
        if (bytes == null) {
            return;
        }
        endGiven = last;
        ChannelFuture given = channel.write(last ? new DefaultQuicStreamFrame(bytes, true) : bytes);
        if (given.isDone()) {
            check(given);
            return;
        }
        blocked = true;
        given.addListener((ChannelFuture done) -> {
            blocked = false;
            check(done);
            drain();
        });
    }

    /** QUIC took what it had no room for; Netty sends it after this, so the end may still go with it. */
    private void drain() {
        while (!isStopped() && !refused && !queue.isEmpty()) {
            Waiting next = queue.getFirst();
            int cost = next.cost();
            if (!gather(next.bytes())) {
                return;
            }
            waitingBytes -= cost;
            queue.removeFirst().written().complete(null);
        }
        if (piece != null) {
            planFlush();
        } else if (closed && !blocked && queue.isEmpty()) {
            end();
        }
    }

    /** Gives QUIC an end without bytes. */
    @Override
    public void end() {
        if (endGiven || refused) {
            return;
        }
        endGiven = true;
        if (!channel.write(QuicStreamFrame.EMPTY_FIN).isSuccess()) {
            // An end takes no room: the remote side has stopped the stream.
            refuse();
        }
    }

    private void check(ChannelFuture given) {
        if (!given.isSuccess()) {
            refuse();
        }
    }

    private void refuse() {
        fail(new StreamResetException(REFUSED));
        closeIfOver();
    }

    /** Both sides have ended, this one without an end of its own, which is what Netty closes by. */
    void closeIfOver() {
        if (closed && refused && channel.isInputShutdown()) {
            channel.close();
        }
    }

    /** Drops what waits. */
    void fail(StreamResetException cause) {
        refused = true;
        if (piece != null) {
            piece.release();
            piece = null;
        }
        waitingBytes = 0;
        for (Waiting next; (next = queue.pollFirst()) != null;) {
            next.written().completeExceptionally(cause);
        }
    }

    @Override
    public long capacity() {
        return channel.bytesBeforeUnwritable();
    }
}
