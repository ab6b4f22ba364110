package io.beemesh.protocol.scheduling;

import io.beemesh.libp2p.multiformats.FormatException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * Names one try to place pods; drawn at random by their home.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
public record TaskId(long high, long low) {
    public static TaskId random(RandomGenerator random) {
        return new TaskId(random.nextLong(), random.nextLong());
    }

    /** The sixteen bytes. */
    public byte[] toBytes() {
        return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    /** Reads what {@link #toBytes} wrote. */
    public static TaskId fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length != 16) {
            throw new FormatException("task id of " + bytes.length + " bytes");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new TaskId(buffer.getLong(), buffer.getLong());
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(toBytes());
    }
}
