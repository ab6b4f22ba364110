package io.beemesh.libp2p.pubsub;

import java.util.Arrays;
import java.util.HexFormat;

/** What tells messages apart: by default the author's peer id and its sequence number; immutable. */
public final class MessageId {
    /** The longest id that is read. */
    public static final int BYTES_MAX = 256;

    private final byte[] bytes;

    private MessageId(byte[] bytes) {
        this.bytes = bytes;
    }

    static MessageId of(byte[] author, byte[] sequence) {
        byte[] bytes = Arrays.copyOf(author, author.length + sequence.length);
        System.arraycopy(sequence, 0, bytes, author.length, sequence.length);
        return new MessageId(bytes);
    }

    static MessageId of(byte[] bytes) {
        return new MessageId(bytes);
    }

    int length() {
        return bytes.length;
    }

    /** As on the wire, a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MessageId that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
