package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.multiformats.FormatException;
import java.nio.ByteBuffer;

/**
 * What came of an {@link Operation}.
 *
 * @param version of the value that is there now; zero if there is none
 * @param value of a {@link Operation.Kind#GET}
 */
public record Answer(Outcome outcome, long version, byte[] value) {
    private static final int HEAD_BYTES = 1 + Long.BYTES;

    /** How it went. */
    public enum Outcome {
        OK(0),
        /** There is no such key. */
        ABSENT(1),
        /** The condition does not hold. */
        CONFLICT(2),
        /** The map holds as much as it may. */
        FULL(3);

        private final int number;

        Outcome(int number) {
            this.number = number;
        }

        private static Outcome of(int number) throws FormatException {
            for (Outcome known : values()) {
                if (known.number == number) {
                    return known;
                }
            }
            throw new FormatException("unknown outcome " + number);
        }
    }

    public Answer {
        value = value.clone();
    }

    static Answer of(Outcome outcome, long version) {
        return new Answer(outcome, version, new byte[0]);
    }

    @Override
    public byte[] value() {
        return value.clone();
    }

    public byte[] toBytes() {
        return ByteBuffer.allocate(HEAD_BYTES + value.length).put((byte) outcome.number)
                .putLong(version).put(value).array();
    }

    public static Answer fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length < HEAD_BYTES || bytes.length > HEAD_BYTES + Operation.VALUE_BYTES_MAX) {
            throw new FormatException("answer has " + bytes.length + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        Outcome outcome = Outcome.of(in.get());
        long version = in.getLong();
        byte[] value = new byte[in.remaining()];
        in.get(value);
        return new Answer(outcome, version, value);
    }
}
