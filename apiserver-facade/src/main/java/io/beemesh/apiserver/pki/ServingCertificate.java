package io.beemesh.apiserver.pki;

import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.membership.ApiAuthority.Credential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this API server shows to its clients. It renews itself when asked in the last third of its
 * life, so each TLS handshake sees a valid one. Any thread.
 */
public final class ServingCertificate implements Supplier<Credential> {
    private static final Logger LOG = LoggerFactory.getLogger(ServingCertificate.class);

    private final ApiAuthority authority;
    private final ServingNames names;
    private final Path certificateFile;
    private final Path keyFile;
    private final InstantSource clock;
    private final SecureRandom random;
    private final ReentrantLock renewal = new ReentrantLock();
    private volatile Credential current;

    /** Takes what is kept in {@code directory} if it is still right, else issues anew. */
    ServingCertificate(ApiAuthority authority, ServingNames names, Path directory,
            InstantSource clock, SecureRandom random) throws IOException {
        this.authority = authority;
        this.names = names;
        this.certificateFile = directory.resolve("serving.crt");
        this.keyFile = directory.resolve("serving.key");
        this.clock = clock;
        this.random = random;
        if (Files.exists(certificateFile) && Files.exists(keyFile)) {
            Credential kept = new Credential(Pem.readCertificate(certificateFile),
                    Pem.readKey(keyFile));
            if (isRight(kept)) {
                this.current = kept;
                return;
            }
        }
        this.current = issue();
        keep(current);
    }

    @Override
    public Credential get() {
        Credential known = current;
        if (!known.isDueForRenewal(clock.instant())) {
            return known;
        }
        renewal.lock();
        try {
            if (current.isDueForRenewal(clock.instant())) {
                current = issue();
                keep(current);
                LOG.info("Serving certificate renewed until={}",
                        current.certificate().getNotAfter().toInstant());
            }
        } catch (IOException e) {
            LOG.warn("Renewed serving certificate is not kept: {}", e.toString());
        } finally {
            renewal.unlock();
        }
        return current;
    }

    private Credential issue() {
        return authority.issueServing(names.dnsNames(), names.addresses(), clock.instant(),
                random);
    }

    private void keep(Credential credential) throws IOException {
        Files.deleteIfExists(certificateFile);
        Pem.writeKey(keyFile, credential.key());
        Pem.writeCertificate(certificateFile, credential.certificate());
    }

    private boolean isRight(Credential kept) {
        X509Certificate certificate = kept.certificate();
        if (kept.isDueForRenewal(clock.instant())
                || !ApiAuthority.isNamedBy(certificate, authority.certificate())) {
            return false;
        }
        return names.areIn(certificate);
    }
}
