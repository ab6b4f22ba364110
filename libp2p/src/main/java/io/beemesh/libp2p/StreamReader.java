package io.beemesh.libp2p;

import java.nio.ByteBuffer;

/** Receives the bytes of a {@link Stream}, on the host's loop. */
public interface StreamReader {
    /**
     * The next bytes, from the position to the limit; valid only during the call. The buffer is a larger one
     * of which the rest is not the reader's.
     */
    void onData(ByteBuffer bytes);

    /** The remote peer ended its writing side; nothing follows. */
    void onEnd();

    /** The stream was reset by either side, or its connection was lost; nothing follows. */
    void onReset(StreamResetException cause);
}
