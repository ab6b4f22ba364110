package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.yamux.YamuxException;
import java.nio.ByteBuffer;

/** Opens what comes over a link, and seals what is sent. */
public interface SecureChannel {
    /** Receives opened bytes, valid during the call. */
    interface Receiver {
        void onPlain(ByteBuffer plain) throws YamuxException;
    }

    /** Takes all of {@code in}; only the beginning of an incomplete message is kept. */
    void feed(ByteBuffer in, Receiver receiver) throws Libp2pException, YamuxException;

    /** Seals all of {@code plain}, at most the bytes of one Noise message, and queues them at the link. */
    void send(ByteBuffer plain);

    /** Gives back what it holds outside the heap. */
    void close();
}
