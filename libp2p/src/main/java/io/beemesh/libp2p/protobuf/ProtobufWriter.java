package io.beemesh.libp2p.protobuf;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes one protobuf message, field by field in the order of the calls: signed messages call in the
 * order of field numbers. Every call writes its field, zero and empty values too.
 */
public final class ProtobufWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

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
        out.writeBytes(value);
        return this;
    }

    /** A string field. */
    public ProtobufWriter string(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** The message so far. */
    public byte[] toBytes() {
        return out.toByteArray();
    }

    private void raw(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
