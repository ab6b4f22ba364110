package io.beemesh.apiserver.http.streaming;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bytes that came from a connection, on its event loop, for a reader on a virtual thread. It tells
 * when it is full and when it has room again, so that the connection is read no faster than the
 * reader reads.
 */
final class InboundPipe extends InputStream {
    /** From here on it is full; what was under way may still come. */
    static final int BYTES_HIGH = 128 * 1024;

    /** Below this it has room again. */
    static final int BYTES_LOW = 32 * 1024;

    private final Listener listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Under the lock.
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int offset;
    private int queuedBytes;
    private boolean full;
    private boolean ended;
    private Optional<String> failure = Optional.empty();

    InboundPipe(Listener listener) {
        this.listener = listener;
    }

    /** Is told by any thread. */
    interface Listener {
        /** Stop reading from the connection. */
        void full();

        /** Go on reading. */
        void roomy();

        /** The reader took so many bytes. */
        default void consumed(int bytes) {}
    }

    /** Adds bytes, which are not copied. */
    void offer(byte[] bytes) {
        boolean becameFull = false;
        lock.lock();
        try {
            if (ended || failure.isPresent() || bytes.length == 0) {
                return;
            }
            chunks.add(bytes);
            queuedBytes += bytes.length;
            if (!full && queuedBytes >= BYTES_HIGH) {
                full = true;
                becameFull = true;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (becameFull) {
            listener.full();
        }
    }

    /** Nothing comes after what was offered. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The reader gets an error at once, and what waits is dropped. */
    void fail(String why) {
        boolean wasFull;
        lock.lock();
        try {
            if (failure.isEmpty()) {
                failure = Optional.of(why);
            }
            chunks.clear();
            queuedBytes = 0;
            offset = 0;
            wasFull = full;
            full = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (wasFull) {
            listener.roomy();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int start, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int count;
        boolean becameRoomy = false;
        lock.lock();
        try {
            while (chunks.isEmpty() && !ended && failure.isEmpty()) {
                changed.await();
            }
            if (failure.isPresent()) {
                throw new IOException(failure.get());
            }
            byte[] chunk = chunks.peek();
            if (chunk == null) {
                return -1;
            }
            count = Math.min(length, chunk.length - offset);
            System.arraycopy(chunk, offset, bytes, start, count);
            offset += count;
            queuedBytes -= count;
            if (offset == chunk.length) {
                chunks.remove();
                offset = 0;
            }
            if (full && queuedBytes < BYTES_LOW) {
                full = false;
                becameRoomy = true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading");
        } finally {
            lock.unlock();
        }
        listener.consumed(count);
        if (becameRoomy) {
            listener.roomy();
        }
        return count;
    }

    @Override
    public void close() {
        fail("closed by its reader");
    }
}
