package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Stream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent to one peer. A slow peer costs a bounded amount of memory: gossip and messages of
 * others are dropped first, and if even what must arrive does not fit, the stream is given up.
 */
final class Outbox {
    static final int DROPPABLE_MAX = 512;
    static final int DROPPABLE_BYTES_MAX = 2 * 1024 * 1024;
    static final int NEEDED_MAX = 1_024;
    static final int NEEDED_BYTES_MAX = 4 * 1024 * 1024;

    private static final int WRITE_BYTES_MAX = 64 * 1024;

    private final ArrayDeque<ByteBuffer> needed = new ArrayDeque<>(0);
    private final ArrayDeque<ByteBuffer> droppable = new ArrayDeque<>(0);
    private long neededBytes;
    private long droppableBytes;
    private long dropped;
    private @Nullable Stream stream;
    private int streamNumber;
    private boolean writing;

    /** Begins to send on a new stream; what waited for an older one is gone. */
    void open(Stream newStream) {
        close();
        stream = newStream;
    }

    void close() {
        needed.clear();
        droppable.clear();
        neededBytes = 0;
        droppableBytes = 0;
        writing = false;
        stream = null;
        streamNumber++;
    }

    boolean isOpen() {
        return stream != null;
    }

    /** Frames dropped for want of room. */
    long dropped() {
        return dropped;
    }

    /** Sends in order of the calls; resets the stream if there is no room. */
    void send(byte[] rpc) {
        if (stream == null) {
            return;
        }
        ByteBuffer frame = FrameReader.frame(rpc);
        if (needed.size() >= NEEDED_MAX || neededBytes + frame.remaining() > NEEDED_BYTES_MAX) {
            dropped++;
            stream.reset();
            return;
        }
        needed.add(frame);
        neededBytes += frame.remaining();
        write();
    }

    /** Sends after what {@link #send} was given, or drops it if there is no room. */
    void offer(byte[] rpc) {
        if (stream == null) {
            return;
        }
        ByteBuffer frame = FrameReader.frame(rpc);
        if (droppable.size() >= DROPPABLE_MAX
                || droppableBytes + frame.remaining() > DROPPABLE_BYTES_MAX) {
            dropped++;
            return;
        }
        droppable.add(frame);
        droppableBytes += frame.remaining();
        write();
    }

    private void write() {
        Stream current = stream;
        if (writing || current == null) {
            return;
        }
        ByteBuffer batch = next();
        if (batch == null) {
            return;
        }
        writing = true;
        int number = streamNumber;
        current.write(batch).whenComplete((written, failure) -> {
            if (streamNumber == number) {
                writing = false;
                if (failure == null) {
                    write();
                }
            }
        });
    }

    /** The next frame, and more of them if they are small. */
    private @Nullable ByteBuffer next() {
        ByteBuffer first = poll();
        ByteBuffer second = first == null ? null : peek();
        if (first == null || second == null
                || first.remaining() + second.remaining() > WRITE_BYTES_MAX) {
            return first;
        }
        ByteBuffer batch = ByteBuffer.allocate(WRITE_BYTES_MAX);
        batch.put(first);
        while (second != null && second.remaining() <= batch.remaining()) {
            batch.put(second);
            poll();
            second = peek();
        }
        return batch.flip();
    }

    private @Nullable ByteBuffer peek() {
        ByteBuffer frame = needed.peek();
        return frame == null ? droppable.peek() : frame;
    }

    private @Nullable ByteBuffer poll() {
        ByteBuffer frame = needed.poll();
        if (frame != null) {
            neededBytes -= frame.remaining();
            return frame;
        }
        frame = droppable.poll();
        droppableBytes -= frame == null ? 0 : frame.remaining();
        return frame;
    }
}
