package io.beemesh.libp2p.multiformats;

import java.util.Arrays;

/** An address such as {@code /ip4/127.0.0.1/tcp/4001}, kept as its bytes; immutable. */
public final class Multiaddr {
    private final byte[] bytes;

    private Multiaddr(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The binary form, a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** Parses the binary form. */
    public static Multiaddr fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length == 0) {
            throw new FormatException("multiaddr is empty");
        }
        return new Multiaddr(bytes.clone());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Multiaddr that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
