package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;

/** For streams that are only written to. */
final class DiscardingReader implements StreamReader {
    @Override
    public void onData(ByteBuffer bytes) {
        // Nothing is expected.
    }

    @Override
    public void onEnd() {
        // The remote side is done too.
    }

    @Override
    public void onReset(StreamResetException cause) {
        // Nothing to release.
    }
}
