package io.beemesh.libp2p.yamux;

import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/** The caller's buffers that wait for the remote window, uncopied. */
final class WriteQueue {
    /** What an entry costs beside its bytes, so that many tiny writes are bounded too. */
    private static final int ENTRY_BYTES = 128;

    private record Entry(ByteBuffer bytes, CompletableFuture<Void> written) {}

    private final Deque<Entry> entries = new ArrayDeque<>(2);
    private long cost;

    /** Bytes that wait, with what their entries cost. */
    long cost() {
        return cost;
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    CompletableFuture<Void> add(ByteBuffer bytes) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        entries.addLast(new Entry(bytes.slice(), written));
        cost += bytes.remaining() + ENTRY_BYTES;
        return written;
    }

    /** How many bytes a frame of at most {@code max} could carry. */
    int available(int max) {
        long total = 0;
        for (Entry entry : entries) {
            total += entry.bytes.remaining();
            if (total >= max) {
                return max;
            }
        }
        return (int) total;
    }

    /** Moves exactly {@code count} bytes, which must be there, and puts what is written into {@code done}. */
    void drain(int count, ByteBuffer out, Deque<CompletableFuture<Void>> done) {
        int left = count;
        while (left > 0) {
            Entry entry = entries.getFirst();
            int part = Math.min(left, entry.bytes.remaining());
            out.put(out.position(), entry.bytes, entry.bytes.position(), part);
            out.position(out.position() + part);
            entry.bytes.position(entry.bytes.position() + part);
            cost -= part;
            left -= part;
            if (!entry.bytes.hasRemaining()) {
                entries.removeFirst();
                cost -= ENTRY_BYTES;
                done.addLast(entry.written);
            }
        }
    }

    void fail(StreamResetException cause) {
        while (!entries.isEmpty()) {
            entries.removeFirst().written.completeExceptionally(cause);
        }
        cost = 0;
    }
}
