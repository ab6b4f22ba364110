package io.beemesh.libp2p.yamux;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/** Received bytes that wait for credit; small pieces share a chunk. */
final class ByteQueue {
    private static final int CHUNK_BYTES_MIN = 1024;

    /** Each between its array's read and write position. */
    private final Deque<ByteBuffer> chunks = new ArrayDeque<>(2);

    private int bytes;

    int bytes() {
        return bytes;
    }

    /** Copies the next {@code count} bytes of {@code in}. */
    void add(ByteBuffer in, int count) {
        bytes += count;
        int left = count;
        ByteBuffer tail = chunks.peekLast();
        if (tail != null && tail.limit() < tail.capacity()) {
            int end = tail.limit();
            int part = Math.min(left, tail.capacity() - end);
            tail.limit(end + part);
            tail.put(end, in, in.position(), part);
            in.position(in.position() + part);
            left -= part;
        }
        if (left > 0) {
            ByteBuffer chunk = ByteBuffer.allocate(Math.max(CHUNK_BYTES_MIN, left));
            chunk.put(0, in, in.position(), left).limit(left);
            in.position(in.position() + left);
            chunks.addLast(chunk);
        }
    }

    /** At most {@code max} of the oldest bytes, valid until the next call; there must be some. */
    ByteBuffer take(long max) {
        ByteBuffer head = chunks.getFirst();
        int count = (int) Math.min(max, head.remaining());
        ByteBuffer taken = head.slice(head.position(), count);
        head.position(head.position() + count);
        if (!head.hasRemaining()) {
            chunks.removeFirst();
        }
        bytes -= count;
        return taken;
    }

    void clear() {
        chunks.clear();
        bytes = 0;
    }
}
