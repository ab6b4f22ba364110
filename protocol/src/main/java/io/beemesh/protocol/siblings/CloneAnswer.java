package io.beemesh.protocol.siblings;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;

/**
 * What became of a {@link CloneTask}.
 *
 * @param incarnation that the index has now, where that is told
 */
public record CloneAnswer(Kind kind, long incarnation) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 64;

    /** How the primary decided. */
    public enum Kind {
        /** The next incarnation was committed with the ledger. */
        REPLACED(1),
        /** Somebody else was first; {@link #incarnation} is there. */
        SUPERSEDED(2),
        /** The owner is gone, is going, or wants no such index. */
        NOT_WANTED(3),
        /** The pod is held alive: its machine says so, or it is not replaced that early. */
        VETOED(4),
        /** Whoever was asked does not decide on the owner. */
        NOT_PRIMARY(5),
        /** Not now: to be asked again. */
        UNAVAILABLE(6);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        private static Kind of(long number) throws FormatException {
            for (Kind kind : values()) {
                if (kind.number == number) {
                    return kind;
                }
            }
            throw new FormatException("no answer to a clone task has number " + number);
        }
    }

    public static CloneAnswer of(Kind kind) {
        return new CloneAnswer(kind, 0);
    }

    public byte[] toBytes() {
        return new ProtobufWriter().varint(1, kind.number).varint(2, incarnation)
                .toBytes();
    }

    public static CloneAnswer fromBytes(byte[] bytes) throws FormatException {
        long kind = 0;
        long incarnation = 0;
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> kind = reader.readVarint();
                case 2 -> incarnation = reader.readVarint();
                default -> {
                }
            }
        }
        if (incarnation < 0) {
            throw new FormatException("clone answer with incarnation " + incarnation);
        }
        return new CloneAnswer(Kind.of(kind), incarnation);
    }
}
