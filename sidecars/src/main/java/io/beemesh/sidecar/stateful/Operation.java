package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.multiformats.FormatException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One operation on the replicated map: what an entry of the group's log holds.
 *
 * @param condition what must be so, else nothing is done
 * @param version what {@link Condition#VERSION} compares with
 * @param key at most {@value #KEY_BYTES_MAX} bytes
 * @param value at most {@value #VALUE_BYTES_MAX} bytes, with {@link Kind#PUT}
 */
public record Operation(Kind kind, Condition condition, long version, String key, byte[] value) {
    public static final int KEY_BYTES_MAX = 256;
    public static final int VALUE_BYTES_MAX = 16 * 1024;
    private static final int HEAD_BYTES = 2 + Long.BYTES + Short.BYTES;
    /** The longest encoding. */
    public static final int BYTES_MAX = HEAD_BYTES + KEY_BYTES_MAX + VALUE_BYTES_MAX;

    /** What is done with the key. */
    public enum Kind {
        GET(0), PUT(1), DELETE(2);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        private static Kind of(int number) throws FormatException {
            for (Kind known : values()) {
                if (known.number == number) {
                    return known;
                }
            }
            throw new FormatException("unknown kind " + number);
        }
    }

    /** Compare-and-set. */
    public enum Condition {
        NONE(0),
        /** There is no value. */
        ABSENT(1),
        /** The value is the one of that version. */
        VERSION(2);

        private final int number;

        Condition(int number) {
            this.number = number;
        }

        private static Condition of(int number) throws FormatException {
            for (Condition known : values()) {
                if (known.number == number) {
                    return known;
                }
            }
            throw new FormatException("unknown condition " + number);
        }
    }

    public Operation {
        if (keyBytes(key).length > KEY_BYTES_MAX || key.isEmpty()) {
            throw new IllegalArgumentException("key is empty or longer than " + KEY_BYTES_MAX);
        }
        if (value.length > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException("value is longer than " + VALUE_BYTES_MAX);
        }
        value = value.clone();
    }

    /** Reads; decides nothing, so it needs no entry. */
    public static Operation get(String key) {
        return new Operation(Kind.GET, Condition.NONE, 0, key, new byte[0]);
    }

    @Override
    public byte[] value() {
        return value.clone();
    }

    static byte[] keyBytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    public byte[] toBytes() {
        byte[] name = keyBytes(key);
        return ByteBuffer.allocate(HEAD_BYTES + name.length + value.length)
                .put((byte) kind.number).put((byte) condition.number).putLong(version)
                .putShort((short) name.length).put(name).put(value).array();
    }

    public static Operation fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length < HEAD_BYTES || bytes.length > BYTES_MAX) {
            throw new FormatException("operation has " + bytes.length + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        Kind kind = Kind.of(in.get());
        Condition condition = Condition.of(in.get());
        long version = in.getLong();
        int keyBytes = in.getShort();
        if (keyBytes < 1 || keyBytes > Math.min(KEY_BYTES_MAX, in.remaining())) {
            throw new FormatException("key has " + keyBytes + " bytes");
        }
        byte[] name = new byte[keyBytes];
        in.get(name);
        byte[] value = new byte[in.remaining()];
        in.get(value);
        if (value.length > VALUE_BYTES_MAX) {
            throw new FormatException("value has " + value.length + " bytes");
        }
        String key = new String(name, StandardCharsets.UTF_8);
        if (!Arrays.equals(keyBytes(key), name)) {
            throw new FormatException("key is not in UTF-8");
        }
        return new Operation(kind, condition, version, key, value);
    }
}
