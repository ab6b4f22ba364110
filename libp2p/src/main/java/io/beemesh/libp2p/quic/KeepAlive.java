package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multistream.MultistreamDialer;
import io.beemesh.libp2p.ping.Ping;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One ping whose answer nobody measures: its packets keep the connection from being idle on both sides. An
 * answer of any kind will do; without one QUIC itself ends the connection.
 */
final class KeepAlive implements StreamReader {
    private static final int PING_BYTES = 32;

    private KeepAlive() {}

    static void ask(QuicConnection connection) {
        // Where it must wait for a stream, the others are signs of life themselves or keep it
        // waiting.
        connection.openStream().thenAccept(KeepAlive::ping);
    }

    private static void ping(ByteStream stream) {
        stream.reader(new KeepAlive());
        stream.request(Long.MAX_VALUE);
        byte[] opening = new MultistreamDialer(List.of(Ping.PROTOCOL)).opening();
        var ignored = stream.write(ByteBuffer.allocate(opening.length + PING_BYTES)
                .put(opening).rewind());
        stream.closeWrite();
    }

    @Override
    public void onData(ByteBuffer bytes) {
        // An answer.
    }

    @Override
    public void onEnd() {
        // This side has ended already.
    }

    @Override
    public void onReset(StreamResetException cause) {
        // An answer too.
    }
}
