package io.beemesh.apiserver.auth;

import io.beemesh.machine.membership.ApiAuthority;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * Turns credentials into a user: a client certificate of the mesh's API authority, the token of a service
 * account, or none at all, which is the anonymous user; wrong ones are refused. Any thread.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/authentication/">Kubernetes'
 *     authentication</a>
 */
public final class Authenticator {
    private static final String BEARER = "Bearer ";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private final X509Certificate authority;
    private final InstantSource clock;
    private final Function<String, Optional<User>> tokens;
    private final Impersonation impersonation;

    /** @param tokens the user of a bearer token, if it counts */
    public Authenticator(X509Certificate authority, InstantSource clock,
            Function<String, Optional<User>> tokens, Impersonation.Check impersonation) {
        this.impersonation = new Impersonation(impersonation);
        this.authority = authority;
        this.clock = clock;
        this.tokens = tokens;
    }

    /** The authority whose client certificates count. */
    public X509Certificate authority() {
        return authority;
    }

    /** Says who asks, or why the request goes no further. */
    public Authentication authenticate(Credentials credentials) {
        Optional<User> user = credentials.certificate().flatMap(this::userOf)
                .or(() -> bearer(credentials).flatMap(tokens));
        if (user.isPresent()) {
            return impersonation.apply(user.get(), credentials);
        }
        boolean claims = credentials.certificate().isPresent()
                || !credentials.header("authorization").isEmpty();
        return claims
                ? Authentication.Rejected.UNAUTHORIZED
                : impersonation.apply(User.ANONYMOUS, credentials);
    }

    private static Optional<String> bearer(Credentials credentials) {
        String header = credentials.header("authorization");
        return header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? Optional.of(header.substring(BEARER.length()).strip())
                : Optional.empty();
    }

    /** Verifies the certificate, its purpose and its time. */
    private Optional<User> userOf(X509Certificate certificate) {
        Instant now = clock.instant();
        boolean current = !now.isBefore(certificate.getNotBefore().toInstant())
                && !now.isAfter(certificate.getNotAfter().toInstant());
        if (!current || !isForClients(certificate)
                || !ApiAuthority.isSignedBy(certificate, authority)) {
            return Optional.empty();
        }
        String name = "";
        List<String> groups = new ArrayList<>();
        try {
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName())
                    .getRdns()) {
                if (rdn.getType().equals("CN")) {
                    name = String.valueOf(rdn.getValue());
                } else if (rdn.getType().equals("O")) {
                    groups.add(String.valueOf(rdn.getValue()));
                }
            }
        } catch (InvalidNameException e) {
            return Optional.empty();
        }
        groups.add(User.AUTHENTICATED);
        return name.isEmpty() ? Optional.empty() : Optional.of(new User(name, "", groups));
    }

    private static boolean isForClients(X509Certificate certificate) {
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            return purposes != null && purposes.contains(CLIENT_AUTH);
        } catch (CertificateParsingException e) {
            return false;
        }
    }
}
