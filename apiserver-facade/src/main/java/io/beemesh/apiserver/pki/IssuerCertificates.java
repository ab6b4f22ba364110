package io.beemesh.apiserver.pki;

import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.membership.Renewal;
import io.beemesh.protocol.membership.JoinAnswer;
import io.beemesh.protocol.membership.JoinRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The administrator's credentials on a machine that holds the authority: written anew when they are due. */
public final class IssuerCertificates implements Renewal.Api {
    private static final Logger LOG = LoggerFactory.getLogger(IssuerCertificates.class);

    private final ApiPki pki;
    private final ApiAuthority authority;
    private final Path admin;

    public IssuerCertificates(ApiPki pki, ApiAuthority authority, Path admin) {
        this.pki = pki;
        this.authority = authority;
        this.admin = admin;
    }

    @Override
    public Optional<JoinRequest> due(boolean membership) {
        return Optional.empty();
    }

    @Override
    public void renewed(JoinAnswer.Admitted answer) {
        // An issuer asks nobody.
    }

    /** Makes keys only when they are due, which is once in months; the loop waits for it. */
    @Override
    public void renewOwn() {
        try {
            pki.writeAdmin(authority, admin);
        } catch (IOException e) {
            LOG.warn("The administrator's credentials are not renewed: {}", e.toString());
        }
    }
}
