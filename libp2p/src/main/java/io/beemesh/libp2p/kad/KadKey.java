package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;

/**
 * A point of the key space: the SHA-256 of what the wire calls a key, as four big-endian longs. The
 * distance of two points is their XOR, an unsigned number.
 */
record KadKey(long a, long b, long c, long d) {
    static final int BITS = 256;

    static KadKey of(byte[] wireKey) {
        try {
            ByteBuffer hash = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(wireKey));
            return new KadKey(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static KadKey of(PeerId peer) {
        return of(peer.toBytes());
    }

    /** The bit so many places after the most significant one. */
    boolean bit(int index) {
        long word = switch (index >>> 6) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            default -> d;
        };
        return (word << (index & 63)) < 0;
    }

    /** Leading bits that both have in common, 256 if they are equal. */
    int commonPrefix(KadKey other) {
        if (a != other.a) {
            return Long.numberOfLeadingZeros(a ^ other.a);
        }
        if (b != other.b) {
            return 64 + Long.numberOfLeadingZeros(b ^ other.b);
        }
        if (c != other.c) {
            return 128 + Long.numberOfLeadingZeros(c ^ other.c);
        }
        return 192 + Long.numberOfLeadingZeros(d ^ other.d);
    }

    /** Negative if {@code x} is closer to this than {@code y}. */
    int compareDistance(KadKey x, KadKey y) {
        if (x.a != y.a) {
            return Long.compareUnsigned(a ^ x.a, a ^ y.a);
        }
        if (x.b != y.b) {
            return Long.compareUnsigned(b ^ x.b, b ^ y.b);
        }
        if (x.c != y.c) {
            return Long.compareUnsigned(c ^ x.c, c ^ y.c);
        }
        return Long.compareUnsigned(d ^ x.d, d ^ y.d);
    }

    /** The closest to this first. */
    Comparator<KadKey> byDistance() {
        return this::compareDistance;
    }
}
