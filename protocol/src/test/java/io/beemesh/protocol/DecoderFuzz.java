package io.beemesh.protocol;

import io.beemesh.libp2p.multiformats.FormatException;
import java.util.List;
import java.util.SplittableRandom;

/** Random bytes, and sound messages with one byte changed, for decoders that must fail in order or not at all. */
public final class DecoderFuzz {
    private static final int BYTES_MAX = 80;

    private DecoderFuzz() {}

    /** Reads a message. */
    public interface Decoder {
        Object decode(byte[] bytes) throws FormatException;
    }

    /** Gives each message to each decoder; all that is thrown but FormatException is let through. */
    public static void run(int rounds, List<byte[]> good, List<Decoder> decoders) {
        SplittableRandom random = new SplittableRandom(4);
        for (int round = 0; round < rounds; round++) {
            byte[] bytes;
            if (round % 3 == 0) {
                bytes = new byte[random.nextInt(BYTES_MAX)];
                random.nextBytes(bytes);
            } else {
                bytes = good.get(random.nextInt(good.size())).clone();
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            for (Decoder decoder : decoders) {
                try {
                    decoder.decode(bytes);
                } catch (FormatException e) {
                    // In order.
                }
            }
        }
    }
}
