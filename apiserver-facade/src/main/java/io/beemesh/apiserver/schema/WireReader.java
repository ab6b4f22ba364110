package io.beemesh.apiserver.schema;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads Protobuf's wire format from a slice of bytes; every read is checked against the slice's end. */
final class WireReader {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH = 2;
    static final int FIXED32 = 5;
    // Tags, which are field number times eight plus wire type, of the small messages.
    static final int FIRST_NUMBER = 8;
    static final int FIRST_BYTES = 10;
    static final int SECOND_NUMBER = 16;
    static final int SECOND_BYTES = 18;
    static final int THIRD_BYTES = 26;
    private static final int VARINT_BYTES_MAX = 10;

    private final byte[] bytes;
    private final int end;
    private int at;

    WireReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    boolean hasMore() {
        return at < end;
    }

    long varint() throws DecodingException {
        long value = 0;
        for (int i = 0; i < VARINT_BYTES_MAX; i++) {
            if (at >= end) {
                throw new DecodingException("unexpected EOF");
            }
            byte b = bytes[at++];
            value |= (long) (b & 0x7f) << (7 * i);
            if (b >= 0) {
                return value;
            }
        }
        throw new DecodingException("proto: integer overflow");
    }

    /** Eight bytes, little-endian. */
    long fixed64() throws DecodingException {
        if (end - at < 8) {
            throw new DecodingException("unexpected EOF");
        }
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value |= (bytes[at++] & 0xffL) << (8 * i);
        }
        return value;
    }

    /** The next length-delimited field as a reader of its own. */
    WireReader message() throws DecodingException {
        long length = varint();
        if (length < 0 || length > end - at) {
            throw new DecodingException("unexpected EOF");
        }
        WireReader inner = new WireReader(bytes, at, at + (int) length);
        at += (int) length;
        return inner;
    }

    byte[] bytes() throws DecodingException {
        return message().rest();
    }

    String text() throws DecodingException {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    /** What is left. */
    byte[] rest() {
        byte[] rest = Arrays.copyOfRange(bytes, at, end);
        at = end;
        return rest;
    }

    /** Passes over a field of this wire type. */
    void skip(int wireType) throws DecodingException {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> fixed64();
            case LENGTH -> message();
            case FIXED32 -> {
                if (end - at < 4) {
                    throw new DecodingException("unexpected EOF");
                }
                at += 4;
            }
            default -> throw new DecodingException("proto: illegal wireType " + wireType);
        }
    }
}
