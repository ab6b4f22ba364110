package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import java.nio.ByteBuffer;

/**
 * What is said on a stream of {@link ConnectRequest.Transport#FENCE}: a challenge is a number of 8 bytes; the
 * answer the same number, and whether the pod had a lease when it answered.
 */
public final class FenceFrame {
    private static final byte HELD = 0;
    private static final byte REPLACED = 1;

    private FenceFrame() {}

    /**
     * The answer of a pod; one that has no lease now gives none.
     *
     * @param isHeld false if another pod has its ordinal
     */
    public record Answer(long number, boolean isHeld) {
        public byte[] toBytes() {
            return ByteBuffer.allocate(Long.BYTES + 1).putLong(number)
                    .put(isHeld ? HELD : REPLACED).array();
        }

        static Answer read(ByteBuffer frame) throws FormatException {
            if (frame.remaining() != Long.BYTES + 1) {
                throw new FormatException("answer has " + frame.remaining() + " bytes");
            }
            long number = frame.getLong();
            byte word = frame.get();
            if (word != HELD && word != REPLACED) {
                throw new FormatException("unknown answer " + word);
            }
            return new Answer(number, word == HELD);
        }
    }

    static byte[] challenge(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    /** The number of a challenge. */
    public static long readChallenge(ByteBuffer frame) throws FormatException {
        if (frame.remaining() != Long.BYTES) {
            throw new FormatException("challenge has " + frame.remaining() + " bytes");
        }
        return frame.getLong();
    }
}
