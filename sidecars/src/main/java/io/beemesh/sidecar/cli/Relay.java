package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;

/** Passes bytes on, in the stand-ins for a machine. */
record Relay(Stream from, Stream to) implements StreamReader {
    @Override
    public void onData(ByteBuffer bytes) {
        int count = bytes.remaining();
        to.write(ByteBuffer.allocate(count).put(bytes).flip()).thenRun(() -> from.request(count));
    }

    @Override
    public void onEnd() {
        to.closeWrite();
    }

    @Override
    public void onReset(StreamResetException cause) {
        to.reset();
    }
}
