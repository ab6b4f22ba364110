package io.beemesh.apiserver.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.auth.Authentication.Authenticated;
import io.beemesh.apiserver.auth.Authentication.Rejected;
import io.beemesh.machine.membership.ApiAuthority;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
    private static final Instant NOW = Instant.parse("2026-05-01T00:00:00Z");
    private final SecureRandom random = new SecureRandom();
    private final ApiAuthority authority = ApiAuthority.create("m", NOW, random);
    private final Authenticator authenticator = new Authenticator(authority.certificate(),
            () -> NOW, token -> token.equals("good")
                    ? Optional.of(new User("system:serviceaccount:n:a", "", List.of()))
                    : Optional.empty());

    private Authentication authenticate(Optional<X509Certificate> certificate, String path,
            Map<String, List<String>> headers) {
        return authenticator.authenticate(new Credentials(certificate, path, headers));
    }

    private X509Certificate client(String name, String... groups) {
        return authority.issueClient(name, List.of(groups), NOW, random).certificate();
    }

    @Test
    void authenticate_certificate_namesUserAndGroups() {
        assertThat(authenticate(Optional.of(client("jane, \"J\"", "dev", "ops")), "/api",
                Map.of())).isInstanceOfSatisfying(Authenticated.class, a -> {
                    assertThat(a.user().name()).isEqualTo("jane, \"J\"");
                    assertThat(a.user().groups()).containsExactlyInAnyOrder("dev", "ops",
                            "system:authenticated");
                });
    }

    @Test
    void authenticate_certificateOfAnotherAuthority_isUnauthorized() {
        X509Certificate other = ApiAuthority.create("m", NOW, random)
                .issueClient("jane", List.of(User.MASTERS), NOW, random).certificate();

        assertThat(authenticate(Optional.of(other), "/version", Map.of()))
                .isEqualTo(Rejected.UNAUTHORIZED);
    }

    @Test
    void authenticate_expiredOrServingCertificate_isUnauthorized() {
        X509Certificate old = authority
                .issueClient("jane", List.of(), NOW.minus(Duration.ofDays(366)), random)
                .certificate();
        X509Certificate serving = authority
                .issueServing(List.of("jane"), List.of(), NOW, random).certificate();

        assertThat(authenticate(Optional.of(old), "/api", Map.of()))
                .isEqualTo(Rejected.UNAUTHORIZED);
        assertThat(authenticate(Optional.of(serving), "/api", Map.of()))
                .isEqualTo(Rejected.UNAUTHORIZED);
    }

    @Test
    void authenticate_nobody_mayReadHealthAndVersionOnly() {
        for (String path : List.of("/version", "/healthz", "/livez", "/readyz", "/readyz/ping")) {
            assertThat(authenticate(Optional.empty(), path, Map.of())).as(path)
                    .isEqualTo(new Authenticated(User.ANONYMOUS));
        }
        for (String path : List.of("/", "/api", "/versions", "/metrics")) {
            assertThat(authenticate(Optional.empty(), path, Map.of())).as(path)
                    .isEqualTo(Rejected.UNAUTHORIZED);
        }
    }

    @Test
    void authenticate_bearerToken_isUnauthorized() {
        assertThat(authenticate(Optional.empty(), "/version",
                Map.of("authorization", List.of("Bearer x")))).isEqualTo(Rejected.UNAUTHORIZED);
    }

    @Test
    void authenticate_adminImpersonates_becomesTheOther() {
        Authentication result = authenticate(Optional.of(client("admin", User.MASTERS)), "/api",
                Map.of("impersonate-user", List.of("bob"), "impersonate-group",
                        List.of("dev", "ops"), "impersonate-extra-acme.com%2Fteam",
                        List.of("red")));

        assertThat(result).isEqualTo(new Authenticated(
                new User("bob", "", List.of("dev", "ops", "system:authenticated"),
                        Map.of("acme.com/team", List.of("red")))));
    }

    @Test
    void authenticate_serviceAccountImpersonated_hasItsGroups() {
        assertThat(authenticate(Optional.of(client("admin", User.MASTERS)), "/api",
                Map.of("impersonate-user", List.of("system:serviceaccount:shop:web"))))
                .isInstanceOfSatisfying(Authenticated.class,
                        a -> assertThat(a.user().groups()).containsExactly(
                                "system:serviceaccounts", "system:serviceaccounts:shop",
                                "system:authenticated"));
    }

    @Test
    void authenticate_othersImpersonate_isForbidden() {
        assertThat(authenticate(Optional.of(client("jane")), "/api",
                Map.of("impersonate-user", List.of("bob"))))
                .isInstanceOfSatisfying(Rejected.class, r -> {
                    assertThat(r.code()).isEqualTo(403);
                    assertThat(r.message()).contains("User \"jane\" cannot impersonate");
                });
    }

    @Test
    void bearerToken_thatCounts_isItsAccount() {
        assertThat(authenticate(Optional.empty(), "/api",
                Map.of("authorization", List.of("bearer good"))))
                .isInstanceOfSatisfying(Authentication.Authenticated.class, yes -> assertThat(
                        yes.user().name()).isEqualTo("system:serviceaccount:n:a"));
        assertThat(authenticate(Optional.empty(), "/version",
                Map.of("authorization", List.of("Bearer bad"))))
                .isEqualTo(Authentication.Rejected.UNAUTHORIZED);
    }
}
