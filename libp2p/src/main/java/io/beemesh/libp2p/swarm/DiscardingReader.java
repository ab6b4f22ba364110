package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;

/** For streams that are only written to. */
final class DiscardingReader implements StreamReader {
    private final Runnable over;

    /** @param over called when the stream has ended, either way */
    DiscardingReader(Runnable over) {
        this.over = over;
    }

    @Override
    public void onData(ByteBuffer bytes) {
        // Nothing is expected.
    }

    @Override
    public void onEnd() {
        over.run();
    }

    @Override
    public void onReset(StreamResetException cause) {
        over.run();
    }
}
