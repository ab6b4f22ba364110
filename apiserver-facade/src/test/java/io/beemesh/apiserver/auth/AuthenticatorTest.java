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
                    : Optional.empty(),
            this::refusal);

    /** Administrators may become anybody, others nothing but Eve. */
    private Optional<Rejected> refusal(User user, Impersonation.Part part) {
        return user.groups().contains(User.MASTERS) || part.name().equals("eve")
                ? Optional.empty()
                : Optional.of(new Rejected(403, "Forbidden", part.toString()));
    }

    private Authentication authenticate(Optional<X509Certificate> certificate,
            Map<String, List<String>> headers) {
        return authenticator.authenticate(new Credentials(certificate, headers));
    }

    private X509Certificate client(String name, String... groups) {
        return authority.issueClient(name, List.of(groups), NOW, random).certificate();
    }

    @Test
    void authenticate_certificate_namesUserAndGroups() {
        assertThat(authenticate(Optional.of(client("jane, \"J\"", "dev", "ops")), Map.of()))
                .isInstanceOfSatisfying(Authenticated.class, a -> {
                    assertThat(a.user().name()).isEqualTo("jane, \"J\"");
                    assertThat(a.user().groups()).containsExactlyInAnyOrder("dev", "ops",
                            "system:authenticated");
                });
    }

    @Test
    void authenticate_certificateOfAnotherAuthority_isUnauthorized() {
        X509Certificate other = ApiAuthority.create("m", NOW, random)
                .issueClient("jane", List.of(User.MASTERS), NOW, random).certificate();

        assertThat(authenticate(Optional.of(other), Map.of()))
                .isEqualTo(Rejected.UNAUTHORIZED);
    }

    @Test
    void authenticate_expiredOrServingCertificate_isUnauthorized() {
        X509Certificate old = authority
                .issueClient("jane", List.of(), NOW.minus(Duration.ofDays(366)), random)
                .certificate();
        X509Certificate serving = authority
                .issueServing(List.of("jane"), List.of(), NOW, random).certificate();

        assertThat(authenticate(Optional.of(old), Map.of()))
                .isEqualTo(Rejected.UNAUTHORIZED);
        assertThat(authenticate(Optional.of(serving), Map.of()))
                .isEqualTo(Rejected.UNAUTHORIZED);
    }

    @Test
    void authenticate_nobody_isAnonymous() {
        assertThat(authenticate(Optional.empty(), Map.of()))
                .isEqualTo(new Authenticated(User.ANONYMOUS));
    }

    @Test
    void authenticate_bearerToken_isUnauthorized() {
        assertThat(authenticate(Optional.empty(), Map.of("authorization", List.of("Bearer x"))))
                .isEqualTo(Rejected.UNAUTHORIZED);
    }

    @Test
    void authenticate_adminImpersonates_becomesTheOther() {
        Authentication result = authenticate(Optional.of(client("admin", User.MASTERS)),
                Map.of("impersonate-user", List.of("bob"), "impersonate-group",
                        List.of("dev", "ops"), "impersonate-extra-acme.com%2Fteam",
                        List.of("red")));

        assertThat(result).isEqualTo(new Authenticated(
                new User("bob", "", List.of("dev", "ops", "system:authenticated"),
                        Map.of("acme.com/team", List.of("red")))));
    }

    @Test
    void authenticate_serviceAccountImpersonated_hasItsGroups() {
        assertThat(authenticate(Optional.of(client("admin", User.MASTERS)),
                Map.of("impersonate-user", List.of("system:serviceaccount:shop:web"))))
                .isInstanceOfSatisfying(Authenticated.class,
                        a -> assertThat(a.user().groups()).containsExactly(
                                "system:serviceaccounts", "system:serviceaccounts:shop",
                                "system:authenticated"));
    }

    @Test
    void authenticate_othersImpersonate_needEveryPart() {
        Optional<X509Certificate> jane = Optional.of(client("jane"));
        assertThat(authenticate(jane, Map.of("impersonate-user", List.of("eve"))))
                .isEqualTo(new Authenticated(
                        new User("eve", "", List.of("system:authenticated"))));
        assertThat(authenticate(jane, Map.of("impersonate-user", List.of("eve"),
                "impersonate-group", List.of("ops"))))
                .isEqualTo(new Rejected(403, "Forbidden",
                        new Impersonation.Part("", "groups", "", "", "ops").toString()));
        assertThat(authenticate(jane, Map.of("impersonate-user", List.of("eve"),
                "impersonate-extra-scopes", List.of("all"))))
                .isEqualTo(new Rejected(403, "Forbidden",
                        new Impersonation.Part("authentication.k8s.io", "userextras", "scopes", "",
                                "all").toString()));
        assertThat(authenticate(jane, Map.of("impersonate-user", List.of("eve"),
                "impersonate-uid", List.of("7"))))
                .isEqualTo(new Rejected(403, "Forbidden",
                        new Impersonation.Part("authentication.k8s.io", "uids", "", "", "7")
                                .toString()));
        assertThat(authenticate(jane,
                Map.of("impersonate-user", List.of("system:serviceaccount:shop:web"))))
                .isEqualTo(new Rejected(403, "Forbidden",
                        new Impersonation.Part("", "serviceaccounts", "", "shop", "web")
                                .toString()));
    }

    @Test
    void authenticate_partsWithoutUser_areRefused() {
        assertThat(authenticate(Optional.of(client("admin", User.MASTERS)),
                Map.of("impersonate-group", List.of("ops"))))
                .isInstanceOfSatisfying(Rejected.class, r -> assertThat(r.code()).isEqualTo(500));
    }

    @Test
    void bearerToken_thatCounts_isItsAccount() {
        assertThat(authenticate(Optional.empty(), Map.of("authorization", List.of("bearer good"))))
                .isInstanceOfSatisfying(Authentication.Authenticated.class, yes -> assertThat(
                        yes.user().name()).isEqualTo("system:serviceaccount:n:a"));
        assertThat(authenticate(Optional.empty(), Map.of("authorization", List.of("Bearer bad"))))
                .isEqualTo(Authentication.Rejected.UNAUTHORIZED);
    }
}
