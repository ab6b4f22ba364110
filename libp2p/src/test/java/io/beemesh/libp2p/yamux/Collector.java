package io.beemesh.libp2p.yamux;

import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Keeps all that a stream delivers. */
public final class Collector implements StreamReader {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean ended;
    private boolean reset;

    @Override
    public void onData(ByteBuffer part) {
        byte[] copy = new byte[part.remaining()];
        part.get(copy);
        bytes.writeBytes(copy);
    }

    @Override
    public void onEnd() {
        ended = true;
    }

    @Override
    public void onReset(StreamResetException cause) {
        reset = true;
    }

    /** All that has come, a copy. */
    public byte[] bytes() {
        return bytes.toByteArray();
    }

    /** True once the other side has ended its writing. */
    public boolean ended() {
        return ended;
    }

    /** True once the stream was reset. */
    public boolean reset() {
        return reset;
    }
}
