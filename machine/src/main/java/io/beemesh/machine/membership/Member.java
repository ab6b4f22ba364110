package io.beemesh.machine.membership;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.membership.MembershipCertificate;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of one member. */
final class Member {
    final PeerId id;
    /** SHA-256 of the id: its place in the key space. */
    final byte[] key;
    MembershipCertificate certificate;
    List<Multiaddr> addresses = List.of();
    MemberState state = MemberState.UNHEARD;
    long generation;
    long sequence;
    long heardNanos;
    long upSinceNanos;
    /** Time for which this node itself was away since the member was suspected. */
    long excusedNanos;
    @Nullable
    Suspicion suspicion;
    boolean probing;

    Member(MembershipCertificate certificate) {
        this.id = certificate.peer();
        this.certificate = certificate;
        this.key = hash(id.toBytes());
    }

    boolean isUp() {
        return state == MemberState.ALIVE || state == MemberState.SUSPECT;
    }

    /** True if (generation, sequence) is later than what was heard. */
    boolean isNews(long otherGeneration, long otherSequence) {
        return otherGeneration > generation
                || (otherGeneration == generation && otherSequence > sequence);
    }

    /** Negative if this is closer to {@code target} than {@code other}, by XOR. */
    int compareDistance(Member other, byte[] target) {
        for (int i = 0; i < key.length; i++) {
            int mine = (key[i] ^ target[i]) & 0xff;
            int theirs = (other.key[i] ^ target[i]) & 0xff;
            if (mine != theirs) {
                return Integer.compare(mine, theirs);
            }
        }
        return 0;
    }

    static byte[] hash(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
