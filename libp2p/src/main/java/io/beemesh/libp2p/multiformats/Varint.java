package io.beemesh.libp2p.multiformats;

import java.nio.ByteBuffer;

/**
 * Unsigned LEB128 of at most 63 bits, in the shortest form.
 *
 * @see <a href="https://github.com/multiformats/unsigned-varint">unsigned-varint</a>
 */
public final class Varint {
    /** The longest form, in bytes. */
    public static final int BYTES_MAX = 9;

    private Varint() {}

    /** How many bytes {@link #write} needs for {@code value}. */
    public static int size(long value) {
        checkPositive(value);
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }

    /** Writes {@code value}, which must not be negative. */
    public static void write(long value, ByteBuffer out) {
        checkPositive(value);
        long rest = value;
        while (rest >= 0x80) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    /** The bytes of {@code value}, which must not be negative. */
    public static byte[] toBytes(long value) {
        ByteBuffer out = ByteBuffer.allocate(size(value));
        write(value, out);
        return out.array();
    }

    /** Reads one value; a missing end, more than 63 bits or a longer form than needed is refused. */
    public static long read(ByteBuffer in) throws FormatException {
        long value = tryRead(in);
        if (value < 0) {
            throw new FormatException("varint ends early");
        }
        return value;
    }

    /** Like {@link #read}, but returns -1 and leaves {@code in} as it was if the end is missing. */
    public static long tryRead(ByteBuffer in) throws FormatException {
        int start = in.position();
        long value = 0;
        for (int i = 0; i < BYTES_MAX; i++) {
            if (!in.hasRemaining()) {
                in.position(start);
                return -1;
            }
            byte next = in.get();
            value |= (next & 0x7fL) << (7 * i);
            if (next >= 0) {
                if (next == 0 && i > 0) {
                    throw new FormatException("varint is longer than needed");
                }
                return value;
            }
        }
        throw new FormatException("varint has more than " + BYTES_MAX + " bytes");
    }

    private static void checkPositive(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("varint must not be negative: " + value);
        }
    }
}
