package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Gives on each frame, whatever comes after. */
record FrameCollector(Consumer<ByteBuffer> onEach) implements FrameReader.Receiver {
    @Override
    public void onFrame(ByteBuffer frame) {
        onEach.accept(frame);
    }

    @Override
    public void onEnd() {
        // All frames were given on.
    }

    @Override
    public void onFailure(Libp2pException cause) {
        // Whoever waits for a frame notices.
    }
}
