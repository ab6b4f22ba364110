package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.FormatException;
import java.util.Arrays;

/**
 * The name of a peer: the multihash of its public key; immutable, ordered by its bytes.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md">peer ids</a>
 */
public final class PeerId implements Comparable<PeerId> {
    private static final int BYTES_MAX = 64;

    private final byte[] bytes;
    private final int hash;

    private PeerId(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /** Parses the multihash. */
    public static PeerId fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length < 3 || bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "peer id has " + bytes.length + " bytes, not 3 to " + BYTES_MAX);
        }
        return new PeerId(bytes.clone());
    }

    /** The multihash, a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    @Override
    public int compareTo(PeerId other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PeerId that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
