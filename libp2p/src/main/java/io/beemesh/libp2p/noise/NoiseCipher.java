package io.beemesh.libp2p.noise;

import java.nio.ByteBuffer;
import javax.crypto.spec.SecretKeySpec;

/** One direction of an established connection: a key and the counter of its messages. */
public final class NoiseCipher {
    /** The longest Noise message, in bytes. */
    public static final int MESSAGE_BYTES_MAX = 65535;

    /** The most that one message carries, in bytes. */
    public static final int PLAIN_BYTES_MAX = MESSAGE_BYTES_MAX - ChaChaPoly.TAG_BYTES;

    /** The length in front of each message, in bytes. */
    public static final int LENGTH_BYTES = 2;

    private static final byte[] NO_ASSOCIATED_DATA = new byte[0];

    private final ChaChaPoly engine;
    private final SecretKeySpec key;
    private long nonce;

    NoiseCipher(ChaChaPoly engine, SecretKeySpec key) {
        this.engine = engine;
        this.key = key;
    }

    /**
     * Writes length and message for all of {@code plain}, at most {@link #PLAIN_BYTES_MAX} bytes, into
     * another buffer.
     */
    public void seal(ByteBuffer plain, ByteBuffer out) {
        out.putShort((short) (plain.remaining() + ChaChaPoly.TAG_BYTES));
        engine.seal(key, nextNonce(), NO_ASSOCIATED_DATA, plain, out);
    }

    /**
     * Opens one message, without its length, into another buffer; where that has room for the message with its
     * tag, nothing is copied in between.
     */
    public void open(ByteBuffer message, ByteBuffer out) throws NoiseException {
        engine.open(key, nextNonce(), NO_ASSOCIATED_DATA, message, out);
    }

    private long nextNonce() {
        if (nonce == -1) {
            throw new IllegalStateException("a key was used for 2^64 messages");
        }
        return nonce++;
    }
}
