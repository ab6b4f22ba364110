package io.beemesh.machine.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApiAuthorityTest {
    private static final Instant NOW = Instant.parse("2026-05-01T00:00:00Z");
    private final SecureRandom random = new SecureRandom();
    private final ApiAuthority authority = ApiAuthority.create("beemesh-1", NOW, random);

    @Test
    void create_authority_isSelfSignedForTenYears() throws Exception {
        X509Certificate ca = authority.certificate();

        ca.verify(ca.getPublicKey());
        assertThat(ca.getBasicConstraints()).isNotNegative();
        assertThat(ca.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(3650)));
        assertThat(ca.getSubjectX500Principal().getName()).isEqualTo("CN=beemesh-1");
    }

    @Test
    void issueServing_namesAndAddresses_areAlternativeNames() throws Exception {
        ApiAuthority.Credential serving = authority.issueServing(
                List.of("node-1", "localhost"), List.of("127.0.0.1", "::1"), NOW, random);

        X509Certificate certificate = serving.certificate();
        certificate.verify(authority.certificate().getPublicKey());
        assertThat(certificate.getSubjectAlternativeNames())
                .extracting(n -> String.valueOf(n.get(1))).containsExactly(
                        "node-1", "localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    }

    @Test
    void issueClient_userAndGroups_areInSubject() throws Exception {
        X509Certificate certificate = authority
                .issueClient("admin", List.of("system:masters"), NOW, random).certificate();

        assertThat(certificate.getSubjectX500Principal().getName())
                .isEqualTo("CN=admin,O=system:masters");
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    }

    @Test
    void signedAndNamedBy_anotherAuthorityOfTheSameName_isFalse() {
        ApiAuthority other = ApiAuthority.create("beemesh-1", NOW, random);
        X509Certificate leaf = authority.issueClient("a", List.of(), NOW, random).certificate();

        assertThat(ApiAuthority.isSignedBy(leaf, authority.certificate())).isTrue();
        assertThat(ApiAuthority.isSignedBy(leaf, other.certificate())).isFalse();
        assertThat(ApiAuthority.isNamedBy(leaf, authority.certificate())).isTrue();
        assertThat(ApiAuthority.isNamedBy(leaf, other.certificate())).isFalse();
    }

    @Test
    void isDueForRenewal_lastThirdOfLife_isTrue() {
        ApiAuthority.Credential leaf = authority.issueClient("a", List.of(), NOW, random);

        assertThat(leaf.isDueForRenewal(NOW.plus(Duration.ofDays(240)))).isFalse();
        assertThat(leaf.isDueForRenewal(NOW.plus(Duration.ofDays(250)))).isTrue();
    }
}
