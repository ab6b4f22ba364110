package io.beemesh.machine.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.membership.Revocation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What this node shows to others, and what it takes from them: its own certificate, and the revocations
 * of its mesh. On the loop; {@link #own} from any thread.
 */
public final class Credentials {
    /** Revocations kept at once; each is forgotten when the certificates that it concerns have ended. */
    static final int REVOCATIONS_MAX = 4096;

    private final Supplier<Instant> wallTime;
    private final MeshId mesh;
    private final Map<PeerId, Revocation> revocations = new LinkedHashMap<>();
    private volatile MembershipCertificate own;

    public Credentials(MembershipCertificate own, Supplier<Instant> wallTime) {
        this.own = own;
        this.mesh = own.mesh();
        this.wallTime = wallTime;
    }

    public MeshId mesh() {
        return mesh;
    }

    /** The certificate of this node. */
    public MembershipCertificate own() {
        return own;
    }

    /** The own certificate with a new life. */
    public void renewed(MembershipCertificate certificate) {
        if (!certificate.mesh().equals(mesh) || !certificate.peer().equals(own.peer())) {
            throw new IllegalArgumentException("certificate of another: " + certificate);
        }
        own = certificate;
    }

    /**
     * The certificate in {@code bytes} if it counts now for {@code peer}; else an exception that says
     * what is wrong with it.
     */
    public MembershipCertificate check(PeerId peer, byte[] bytes) throws FormatException {
        MembershipCertificate certificate = MembershipCertificate.open(bytes, mesh);
        if (!certificate.peer().equals(peer)) {
            throw new FormatException("certificate is of " + certificate.peer());
        }
        requireCounts(certificate);
        return certificate;
    }

    /** True if that certificate, verified before, is neither past its time nor revoked. */
    public boolean counts(MembershipCertificate certificate) {
        try {
            requireCounts(certificate);
            return true;
        } catch (FormatException e) {
            return false;
        }
    }

    private void requireCounts(MembershipCertificate certificate) throws FormatException {
        if (!certificate.isValidAt(wallTime.get())) {
            throw new FormatException("certificate is valid from " + certificate.from() + " until "
                    + certificate.until());
        }
        if (isRevoked(certificate)) {
            throw new FormatException("certificate was revoked");
        }
    }

    /** True if it was revoked, whatever the time. */
    public boolean isRevoked(MembershipCertificate certificate) {
        Revocation revocation = revocations.get(certificate.peer());
        return revocation != null && revocation.concerns(certificate);
    }

    /** True if any certificate of the peer was revoked. */
    boolean isRevoked(PeerId peer) {
        return revocations.containsKey(peer);
    }

    /** The earliest beginning of a certificate of {@code peer} that no revocation concerns. */
    Instant earliest(PeerId peer) {
        Revocation revocation = revocations.get(peer);
        return revocation == null ? Instant.EPOCH : revocation.at().plusSeconds(1);
    }

    /** Takes a revocation; false if it says nothing new. */
    public boolean revoke(Revocation revocation) {
        Revocation known = revocations.get(revocation.peer());
        boolean isNewer = known == null || known.at().isBefore(revocation.at());
        if (!isNewer || !wallTime.get().isBefore(revocation.until())) {
            return false;
        }
        revocations.remove(revocation.peer());
        revocations.put(revocation.peer(), revocation);
        if (revocations.size() > REVOCATIONS_MAX) {
            revocations.remove(revocations.keySet().iterator().next());
        }
        return true;
    }

    /** All that are in force, the newest last. */
    public List<Revocation> revocations() {
        Instant now = wallTime.get();
        revocations.values().removeIf(revocation -> !now.isBefore(revocation.until()));
        return new ArrayList<>(revocations.values());
    }
}
