package io.beemesh.libp2p.noise;

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
     * Writes length and message for {@code length} plain bytes, at most {@link #PLAIN_BYTES_MAX}, into
     * another array.
     *
     * @return how many bytes were written
     */
    public int seal(byte[] plain, int at, int length, byte[] out, int outAt) {
        int sealed = length + ChaChaPoly.TAG_BYTES;
        out[outAt] = (byte) (sealed >>> 8);
        out[outAt + 1] = (byte) sealed;
        return LENGTH_BYTES
                + engine.seal(key, nextNonce(), NO_ASSOCIATED_DATA, plain, at, length, out,
                        outAt + LENGTH_BYTES);
    }

    /**
     * Opens one message, without its length, into another array.
     *
     * @return how many plain bytes were written
     */
    public int open(byte[] message, int at, int length, byte[] out) throws NoiseException {
        return engine.open(key, nextNonce(), NO_ASSOCIATED_DATA, message, at, length, out, 0);
    }

    private long nextNonce() {
        if (nonce == -1) {
            throw new IllegalStateException("a key was used for 2^64 messages");
        }
        return nonce++;
    }
}
