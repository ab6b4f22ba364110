package io.beemesh.libp2p.yamux;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a session.
 *
 * <p>The receive window returns to the remote side as the reader takes bytes, never on receipt, once
 * half of it was taken; it doubles if that took less than four round trips. Bytes without credit wait in
 * a queue of at most one window.
 */
public final class YamuxStream implements ByteStream {
    private static final int DATA_BYTES_MAX = 32 * 1024;

    private final YamuxSession session;
    private final int id;
    private final boolean inbound;
    private final ByteQueue queue = new ByteQueue();
    private final WriteQueue writes = new WriteQueue();
    private @Nullable StreamReader reader;
    private @Nullable StreamResetException failure;
    private long credit;
    private boolean delivering;

    private int windowBytes = YamuxConfig.INITIAL_WINDOW_BYTES;
    private long receiveWindow = YamuxConfig.INITIAL_WINDOW_BYTES;
    private int consumedBytes;
    private long updateNanos;
    private long sendWindow = YamuxConfig.INITIAL_WINDOW_BYTES;

    private int openingFlag;
    private boolean acknowledged;
    private boolean finQueued;
    private boolean finSent;
    private boolean finReceived;
    private boolean endDelivered;
    private boolean removed;

    /** True while in the session's queue of streams with output; the session's own mark. */
    boolean queuedForOutput;

    YamuxStream(YamuxSession session, int id, boolean inbound) {
        this.session = session;
        this.id = id;
        this.inbound = inbound;
        this.openingFlag = inbound ? YamuxFrame.ACK : YamuxFrame.SYN;
        this.acknowledged = inbound;
        this.updateNanos = session.nanoTime();
    }

    int id() {
        return id;
    }

    /** Bytes that its reader has not taken. */
    int unreadBytes() {
        return queue.bytes();
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
        if (failure != null || finReceived) {
            session.defer(this::pump);
        }
    }

    @Override
    public void request(long bytes) {
        credit = credit + bytes < 0 ? Long.MAX_VALUE : credit + bytes;
        if (!delivering && queue.bytes() > 0) {
            session.defer(this::pump);
        }
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        if (finQueued) {
            return CompletableFuture
                    .failedFuture(new StreamResetException("written after its end"));
        }
        if (writes.cost() > session.config().writeBytesMax()) {
            resetBecause(
                    "more than " + session.config().writeBytesMax() + " bytes wait to be written");
            return CompletableFuture.failedFuture(new StreamResetException("written too fast"));
        }
        if (!bytes.hasRemaining()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> written = writes.add(bytes);
        session.offerOutput(this);
        return written;
    }

    @Override
    public void closeWrite() {
        if (!finQueued && failure == null) {
            finQueued = true;
            session.offerOutput(this);
        }
    }

    @Override
    public void reset() {
        resetBecause("reset by this side");
    }

    @Override
    public boolean isOpen() {
        return failure == null && !(finQueued && finReceived);
    }

    void resetBecause(String message) {
        if (failure == null && !removed) {
            session.sendReset(this);
            fail(new StreamResetException(message));
        }
    }

    /** Ends the stream; callbacks come later, so that the caller is not called from within its call. */
    void fail(StreamResetException cause) {
        if (failure != null) {
            return;
        }
        boolean over = finSent && endDelivered;
        failure = cause;
        session.remove(this);
        session.budget().unbuffer(queue.bytes());
        queue.clear();
        session.defer(() -> {
            writes.fail(cause);
            if (reader != null && !over) {
                reader.onReset(cause);
            }
        });
    }

    // What the remote side sends.

    void onWindowUpdate(long delta) {
        sendWindow = Math.min(sendWindow + delta, 0xffffffffL);
        session.offerOutput(this);
    }

    /** True the first time that the remote side acknowledges. */
    boolean acknowledge() {
        boolean first = !acknowledged;
        acknowledged = true;
        return first;
    }

    void onDataHeader(long length) throws YamuxException {
        if (length > receiveWindow) {
            throw new YamuxException(
                    "data of " + length + " bytes exceeds the window of " + receiveWindow);
        }
        if (finReceived && length > 0) {
            throw new YamuxException("data after the end of a stream");
        }
        receiveWindow -= length;
    }

    /**
     * Takes the next {@code count} bytes of {@code in}: to the reader as far as there is credit, the rest into
     * the queue. The reader gets {@code in} itself, with its limit drawn in for the call: a slice costs an
     * allocation, and C2 of JDK 25.0.3, which tries to spare it, now and then gives null instead (option
     * {@code ReduceAllocationMerges}, where a buffer may be of two classes).
     */
    void onBody(ByteBuffer in, int count) {
        int limit = in.limit();
        int end = in.position() + count;
        if (queue.bytes() == 0) {
            deliver(in, end);
        }
        in.limit(limit);
        int left = end - in.position();
        if (left > 0 && failure == null) {
            if (session.tryBuffer(this, left)) {
                queue.add(in, left);
            } else {
                resetBecause(YamuxSession.UNREAD);
            }
        }
        in.position(end);
    }

    void onFin() {
        finReceived = true;
        pump();
    }

    private void deliver(ByteBuffer in, int end) {
        int next = in.position();
        while (next < end && credit > 0 && failure == null && reader != null) {
            int count = (int) Math.min(credit, end - next);
            next += count;
            in.limit(next);
            hand(reader, in, count);
            // Whatever the reader did to it.
            in.limit(end).position(next).order(ByteOrder.BIG_ENDIAN);
        }
    }

    private void pump() {
        while (!delivering && queue.bytes() > 0 && credit > 0 && failure == null
                && reader != null) {
            ByteBuffer part = queue.take(credit);
            int count = part.remaining();
            session.budget().unbuffer(count);
            hand(reader, part, count);
        }
        if (finReceived && !endDelivered && !delivering && queue.bytes() == 0 && failure == null
                && reader != null) {
            endDelivered = true;
            reader.onEnd();
            removeIfOver();
        }
    }

    private void hand(StreamReader to, ByteBuffer part, int count) {
        credit -= credit == Long.MAX_VALUE ? 0 : count;
        consumedBytes += count;
        if (!finReceived && consumedBytes >= windowBytes / 2) {
            session.offerUrgentOutput(this);
        }
        delivering = true;
        try {
            to.onData(part);
        } catch (OutOfMemoryError e) {
            // Of buffers outside of the heap, mostly: whoever takes no more bytes is to cost only
            // himself.
            session.defer(() -> resetBecause("no memory for what came"));
        } finally {
            delivering = false;
        }
    }

    // What this side sends.

    /** Whether the remote side does not know of it yet. */
    boolean isUnopened() {
        return openingFlag == YamuxFrame.SYN;
    }

    boolean hasOutput() {
        return failure == null
                && (openingFlag != 0
                        || updateIsDue()
                        || (sendWindow > 0 && !writes.isEmpty())
                        || (finQueued && !finSent && writes.isEmpty()));
    }

    private boolean updateIsDue() {
        return !finReceived && consumedBytes >= windowBytes / 2;
    }

    /** Writes the next frames; {@code out} has room for three headers at least. */
    void emit(ByteBuffer out, Deque<CompletableFuture<Void>> done) {
        if (updateIsDue()) {
            int delta = consumedBytes + growth();
            YamuxFrame.write(out, YamuxFrame.WINDOW_UPDATE, takeOpeningFlag(), id, delta);
            receiveWindow += delta;
            consumedBytes = 0;
        }
        int room = out.remaining() - 2 * YamuxFrame.HEADER_BYTES;
        int count = writes
                .available((int) Math.min(Math.min(sendWindow, DATA_BYTES_MAX), Math.max(room, 0)));
        if (count > 0) {
            YamuxFrame.write(out, YamuxFrame.DATA, takeOpeningFlag(), id, count);
            writes.drain(count, out, done);
            sendWindow -= count;
        } else if (openingFlag != 0) {
            YamuxFrame.write(out, YamuxFrame.WINDOW_UPDATE, takeOpeningFlag(), id, 0);
        }
        if (finQueued && !finSent && writes.isEmpty()) {
            finSent = true;
            YamuxFrame.write(out, YamuxFrame.WINDOW_UPDATE, YamuxFrame.FIN, id, 0);
            removeIfOver();
        }
    }

    private int takeOpeningFlag() {
        int flag = openingFlag;
        openingFlag = 0;
        return flag;
    }

    private int growth() {
        long now = session.nanoTime();
        boolean fast = now - updateNanos < 4 * session.roundTripNanos();
        updateNanos = now;
        boolean grows = fast
                && windowBytes <= session.config().windowBytesMax() / 2
                && session.budget().tryGrow(windowBytes);
        if (!grows) {
            return 0;
        }
        int growth = windowBytes;
        windowBytes += growth;
        return growth;
    }

    int grownBytes() {
        return windowBytes - YamuxConfig.INITIAL_WINDOW_BYTES;
    }

    private void removeIfOver() {
        if (finSent && endDelivered) {
            session.remove(this);
        }
    }

    /** True once; the session forgets the stream then. */
    boolean markRemoved() {
        boolean first = !removed;
        removed = true;
        return first;
    }
}
