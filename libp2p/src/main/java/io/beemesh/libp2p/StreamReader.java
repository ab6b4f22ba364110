package io.beemesh.libp2p;

import java.nio.ByteBuffer;

/** Receives the bytes of a {@link Stream}, on the host's loop. */
public interface StreamReader {
    /** The next bytes; valid only during the call. */
    void onData(ByteBuffer bytes);

    /** The remote peer ended its writing side; nothing follows. */
    void onEnd();

    /** The stream was reset by either side, or its connection was lost; nothing follows. */
    void onReset(StreamResetException cause);
}
