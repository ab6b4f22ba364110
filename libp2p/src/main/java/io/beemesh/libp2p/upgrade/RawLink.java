package io.beemesh.libp2p.upgrade;

import java.nio.ByteBuffer;

/** A byte pipe to the remote side: a socket, or a stream through a relay. Used on the loop only. */
public interface RawLink {
    /** False while so much waits to leave that more should wait at the caller. */
    boolean isWritable();

    /** Queues a copy of all of {@code bytes}. */
    void write(ByteBuffer bytes);

    /** Sends what is queued. */
    void flush();

    /** Ends the pipe after what was flushed. */
    void close();
}
