package io.beemesh.libp2p.multiformats;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * A digest that names its function; immutable.
 *
 * @param code the function: {@link #IDENTITY} or {@link #SHA2_256} are those that peers use
 * @param digest at most {@value #DIGEST_BYTES_MAX} bytes; not to be changed
 * @see <a href="https://github.com/multiformats/multihash">multihash</a>
 */
public record Multihash(long code, byte[] digest) {
    /** The bytes themselves. */
    public static final long IDENTITY = 0x00;

    /** SHA-256. */
    public static final long SHA2_256 = 0x12;

    /** The longest digest, in bytes. */
    public static final int DIGEST_BYTES_MAX = 128;

    public Multihash {
        if (digest.length > DIGEST_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "digest has " + digest.length + " bytes, limit " + DIGEST_BYTES_MAX);
        }
        digest = digest.clone();
    }

    /** The SHA-256 multihash of {@code data}. */
    public static Multihash sha256(byte[] data) {
        try {
            return new Multihash(SHA2_256, MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Parses the binary form, all of it. */
    public static Multihash fromBytes(byte[] bytes) throws FormatException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        long code = check(in);
        byte[] digest = new byte[in.remaining()];
        in.get(digest);
        return new Multihash(code, digest);
    }

    /** Checks the binary form as {@link #fromBytes} does; gives the code and leaves the digest. */
    public static long check(ByteBuffer in) throws FormatException {
        long code = Varint.read(in);
        long length = Varint.read(in);
        if (length != in.remaining() || length > DIGEST_BYTES_MAX) {
            throw new FormatException(
                    "multihash says " + length + " bytes, has " + in.remaining() + ", limit "
                            + DIGEST_BYTES_MAX);
        }
        if (code == SHA2_256 && length != 32) {
            throw new FormatException("SHA-256 digest has " + length + " bytes, not 32");
        }
        return code;
    }

    /** The binary form. */
    public byte[] toBytes() {
        ByteBuffer out = ByteBuffer
                .allocate(Varint.size(code) + Varint.size(digest.length) + digest.length);
        Varint.write(code, out);
        Varint.write(digest.length, out);
        return out.put(digest).array();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Multihash that && code == that.code
                && Arrays.equals(digest, that.digest);
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(code) + Arrays.hashCode(digest);
    }

    @Override
    public String toString() {
        return Base58.encode(toBytes());
    }
}
