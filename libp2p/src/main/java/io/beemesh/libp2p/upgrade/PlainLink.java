package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.yamux.YamuxException;
import java.nio.ByteBuffer;

/** Bytes as they are, after a handshake, over a link that nobody else can reach. */
final class PlainLink implements SecureChannel {
    private final RawLink link;

    PlainLink(RawLink link) {
        this.link = link;
    }

    @Override
    public void feed(ByteBuffer in, Receiver receiver) throws YamuxException {
        if (in.hasRemaining()) {
            receiver.onPlain(in);
        }
    }

    @Override
    public void send(ByteBuffer plain) {
        link.write(plain);
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
