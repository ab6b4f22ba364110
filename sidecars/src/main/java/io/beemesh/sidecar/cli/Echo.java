package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;

/** Sends back what comes, in the stand-ins for a machine. */
public record Echo(Stream stream) implements StreamReader {
    @Override
    public void onData(ByteBuffer bytes) {
        int count = bytes.remaining();
        stream.write(ByteBuffer.allocate(count).put(bytes).flip())
                .thenRun(() -> stream.request(count));
    }

    @Override
    public void onEnd() {
        stream.closeWrite();
    }

    @Override
    public void onReset(StreamResetException cause) {
        // Nothing is kept.
    }
}
