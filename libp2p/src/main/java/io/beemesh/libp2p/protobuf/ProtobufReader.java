package io.beemesh.libp2p.protobuf;

import io.beemesh.libp2p.multiformats.FormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Walks through the fields of one protobuf message in bounds of its bytes.
 *
 * <p>Use: {@code while (reader.next()) switch (reader.field())}; a value that is not read is skipped.
 * Nothing is allocated beyond the length of the input.
 */
public final class ProtobufReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    private final ByteBuffer in;
    private int tag;
    private boolean pending;

    public ProtobufReader(byte[] message) {
        this(ByteBuffer.wrap(message));
    }

    /** Reads from the position to the limit of {@code message}, which is not changed. */
    public ProtobufReader(ByteBuffer message) {
        this.in = message.slice();
    }

    /** Goes to the next field; false at the end. */
    public boolean next() throws FormatException {
        if (pending) {
            skip();
        }
        if (!in.hasRemaining()) {
            return false;
        }
        long next = varint();
        if (next >>> 32 != 0 || next >>> 3 == 0) {
            throw new FormatException("bad protobuf tag " + next);
        }
        tag = (int) next;
        pending = true;
        return true;
    }

    /** The number of the field. */
    public int field() {
        return tag >>> 3;
    }

    /** The value of an integer, boolean or enum field. */
    public long readVarint() throws FormatException {
        expect(VARINT);
        return varint();
    }

    /** The value of a bytes or message field, a copy. */
    public byte[] readBytes() throws FormatException {
        ByteBuffer slice = readSlice();
        byte[] bytes = new byte[slice.remaining()];
        slice.get(bytes);
        return bytes;
    }

    /** The value of a bytes or message field, in place. */
    public ByteBuffer readSlice() throws FormatException {
        expect(LENGTH);
        int length = length();
        ByteBuffer slice = in.slice(in.position(), length);
        in.position(in.position() + length);
        return slice;
    }

    /** The value of a string field. */
    public String readString() throws FormatException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(readSlice()).toString();
        } catch (CharacterCodingException e) {
            throw new FormatException("field " + field() + " is not UTF-8");
        }
    }

    private void expect(int wireType) throws FormatException {
        if (!pending || (tag & 7) != wireType) {
            throw new FormatException(
                    "field " + field() + " has wire type " + (tag & 7) + ", not " + wireType);
        }
        pending = false;
    }

    private void skip() throws FormatException {
        pending = false;
        switch (tag & 7) {
            case VARINT -> varint();
            case FIXED64 -> skip(8);
            case LENGTH -> skip(length());
            case FIXED32 -> skip(4);
            default -> throw new FormatException("unknown protobuf wire type " + (tag & 7));
        }
    }

    private void skip(int bytes) throws FormatException {
        if (bytes > in.remaining()) {
            throw new FormatException("protobuf field " + field() + " ends early");
        }
        in.position(in.position() + bytes);
    }

    private int length() throws FormatException {
        long length = varint();
        if (length < 0 || length > in.remaining()) {
            throw new FormatException("protobuf field " + field() + " says " + length
                    + " bytes, has " + in.remaining());
        }
        return (int) length;
    }

    private long varint() throws FormatException {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (!in.hasRemaining()) {
                throw new FormatException("protobuf ends early");
            }
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new FormatException("protobuf varint has more than 10 bytes");
    }
}
