package io.beemesh.libp2p.protobuf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes one protobuf message, field by field in the order of the calls: signed messages call in the
 * order of field numbers. Every call writes its field, zero and empty values too.
 */
public final class ProtobufWriter {
    private static final int FIRST_BYTES = 128;
    private static final int VARINT_BYTES_MAX = 10;

    private byte[] out = new byte[FIRST_BYTES];
    private int size;

    /** An integer, boolean or enum field. */
    public ProtobufWriter varint(int field, long value) {
        raw((long) field << 3);
        raw(value);
        return this;
    }

    /** A bytes or message field. */
    public ProtobufWriter bytes(int field, byte[] value) {
        raw(((long) field << 3) | 2);
        raw(value.length);
        reserve(value.length);
        System.arraycopy(value, 0, out, size, value.length);
        size += value.length;
        return this;
    }

    /** A string field. */
    public ProtobufWriter string(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** The message so far. */
    public byte[] toBytes() {
        return Arrays.copyOf(out, size);
    }

    private void raw(long value) {
        reserve(VARINT_BYTES_MAX);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        out[size++] = (byte) rest;
    }

    private void reserve(int bytes) {
        int needed = Math.addExact(size, bytes);
        if (needed > out.length) {
            out = Arrays.copyOf(out, (int) Math.max(needed, Math.min(2L * out.length, 1 << 30)));
        }
    }
}
