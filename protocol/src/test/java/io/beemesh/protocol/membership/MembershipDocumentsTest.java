package io.beemesh.protocol.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.SignedEnvelope;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MembershipDocumentsTest {
    private static final Instant NOW = Instant.parse("2026-05-01T00:00:00Z");
    private static final PrivateKey ROOT = key(1);
    private static final PrivateKey PEER = key(2);
    private static final MeshId MESH = new MeshId(ROOT.peerId());

    private static PrivateKey key(int number) {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        Arrays.fill(seed, (byte) number);
        return PrivateKey.fromSeed(seed);
    }

    private static MembershipCertificate certificate(PrivateKey root) {
        return MembershipCertificate.issue(root,
                new MembershipCertificate.Fields(new MeshId(root.peerId()), PEER.peerId(),
                        "node-1", Role.ISSUER, NOW, NOW.plus(Duration.ofDays(90))));
    }

    @Test
    void open_issuedCertificate_saysWhatWasSigned() throws Exception {
        MembershipCertificate opened = MembershipCertificate.open(certificate(ROOT).toBytes(),
                MESH);

        assertThat(opened.peer()).isEqualTo(PEER.peerId());
        assertThat(opened.nodeName()).isEqualTo("node-1");
        assertThat(opened.role()).isEqualTo(Role.ISSUER);
        assertThat(opened.isValidAt(NOW)).isTrue();
        assertThat(opened.isValidAt(NOW.minusSeconds(1))).isFalse();
        assertThat(opened.isValidAt(NOW.plus(Duration.ofDays(90)))).isFalse();
        assertThat(opened.isDueForRenewal(NOW.plus(Duration.ofDays(29)))).isFalse();
        assertThat(opened.isDueForRenewal(NOW.plus(Duration.ofDays(31)))).isTrue();
        assertThat(MembershipCertificate.openKept(opened.toBytes()).mesh()).isEqualTo(MESH);
    }

    @Test
    void open_signedByAnotherKey_isRefused() {
        byte[] other = certificate(key(3)).toBytes();
        // Another key signs a payload that names this mesh.
        byte[] payload = envelope(certificate(ROOT).toBytes()).payload();
        byte[] forged = SignedEnvelope.seal(key(3), "beemesh-membership",
                "/beemesh/membership-certificate".getBytes(StandardCharsets.US_ASCII), payload)
                .toBytes();

        assertThatThrownBy(() -> MembershipCertificate.open(other, MESH))
                .isInstanceOf(FormatException.class).hasMessageContaining("not signed by mesh");
        assertThatThrownBy(() -> MembershipCertificate.open(forged, MESH))
                .isInstanceOf(FormatException.class).hasMessageContaining("not signed by mesh");
        assertThatThrownBy(() -> MembershipCertificate.openKept(forged))
                .isInstanceOf(FormatException.class);
    }

    private static SignedEnvelope envelope(byte[] bytes) {
        try {
            return SignedEnvelope.open(bytes, "beemesh-membership",
                    "/beemesh/membership-certificate".getBytes(StandardCharsets.US_ASCII));
        } catch (FormatException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void open_anyBitChanged_isRefused() {
        byte[] good = certificate(ROOT).toBytes();
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> MembershipCertificate.open(bad, MESH)).as("bit " + bit)
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void concerns_revocation_onlyWhatWasIssuedBefore() throws Exception {
        Revocation revocation = Revocation.open(Revocation
                .issue(ROOT, PEER.peerId(), NOW.plusSeconds(5), NOW.plusSeconds(100)).toBytes(),
                MESH);
        MembershipCertificate later = MembershipCertificate.issue(ROOT,
                new MembershipCertificate.Fields(MESH, PEER.peerId(), "node-1", Role.MEMBER,
                        NOW.plusSeconds(6), NOW.plusSeconds(100)));

        assertThat(revocation.concerns(certificate(ROOT))).isTrue();
        assertThat(revocation.concerns(later)).isFalse();
        byte[] foreign = Revocation.issue(key(3), PEER.peerId(), NOW, NOW.plusSeconds(9))
                .toBytes();
        assertThatThrownBy(() -> Revocation.open(foreign, MESH))
                .isInstanceOf(FormatException.class);
        // A certificate is no revocation: each has a domain of its own.
        assertThatThrownBy(() -> Revocation.open(certificate(ROOT).toBytes(), MESH))
                .isInstanceOf(FormatException.class);
    }

    @Test
    void parse_tokenText_isTheSameToken() throws Exception {
        byte[] secret = new byte[JoinToken.SECRET_BYTES];
        Arrays.fill(secret, (byte) 7);
        JoinToken token = new JoinToken(MESH, PEER.peerId(),
                List.of(Multiaddr.parse("/ip4/192.0.2.7/tcp/7946")), secret, NOW, Role.ISSUER);

        JoinToken parsed = JoinToken.parse(token.text());

        assertThat(parsed.text()).isEqualTo(token.text()).doesNotContain(" ");
        assertThat(parsed.addresses()).isEqualTo(token.addresses());
        assertThat(parsed.role()).isEqualTo(Role.ISSUER);
        assertThat(parsed.id()).hasSize(12);
        assertThat(token.toString()).doesNotContain(token.text().substring(80));
        String text = token.text();
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertThatThrownBy(() -> JoinToken.parse(cut)).isInstanceOf(FormatException.class);
        }
    }
}
