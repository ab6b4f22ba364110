package io.beemesh.apiserver.pki;

import io.beemesh.apiserver.auth.User;
import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.membership.ApiAuthority.Credential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.InstantSource;
import java.util.List;

/**
 * The API's keys and certificates on disk: the authority in the data directory, and what {@code
 * kubectl} needs beside the kubeconfig. Blocks on the disk.
 */
public final class ApiPki {
    private static final String ADMIN = "beemesh-admin";

    private final Path directory;
    private final InstantSource clock;
    private final SecureRandom random;

    /** Keeps its files in {@code directory}, which is made if absent. */
    public ApiPki(Path directory, InstantSource clock, SecureRandom random) {
        this.directory = directory;
        this.clock = clock;
        this.random = random;
    }

    /** The authority of this data directory; made at first, named after {@code meshName}. */
    public ApiAuthority authority(String meshName) throws IOException {
        Path certificate = directory.resolve("ca.crt");
        Path key = directory.resolve("ca.key");
        // The certificate is written last: where it is, the key is.
        if (Files.exists(certificate)) {
            return ApiAuthority.of(Pem.readCertificate(certificate), Pem.readKey(key));
        }
        Files.createDirectories(directory);
        ApiAuthority authority = ApiAuthority.create(meshName, clock.instant(), random);
        Pem.writeKey(key, authority.key());
        Pem.writeCertificate(certificate, authority.certificate());
        return authority;
    }

    /** True if this data directory has an authority's certificate, with its key or without. */
    public boolean isFounded() {
        return Files.exists(directory.resolve("ca.crt"));
    }

    /** True if an authority's key is here without its certificate: a new authority would overwrite it. */
    public boolean hasKeyAlone() {
        return Files.exists(directory.resolve("ca.key")) && !isFounded();
    }

    /** Keeps the authority that a mesh gave to this machine as an issuer; the key is in PKCS #8. */
    public ApiAuthority keepAuthority(byte[] authorityKey) throws IOException {
        try {
            PrivateKey key = KeyFactory.getInstance("EC")
                    .generatePrivate(new PKCS8EncodedKeySpec(authorityKey));
            Pem.writeKey(directory.resolve("ca.key"), key);
            return ApiAuthority.of(authorityCertificate(), key);
        } catch (GeneralSecurityException e) {
            throw new IOException("the issuer gave a key that is not one: " + e.getMessage(), e);
        }
    }

    /** The authority's certificate. */
    public X509Certificate authorityCertificate() throws IOException {
        return Pem.readCertificate(directory.resolve("ca.crt"));
    }

    /**
     * The key that service account tokens are signed with, made at first. It belongs to the mesh as the
     * authority does: who may issue certificates may issue tokens.
     */
    public KeyPair tokenKey() throws IOException {
        Path publicFile = directory.resolve("sa.pub");
        Path privateFile = directory.resolve("sa.key");
        if (Files.exists(publicFile)) {
            return new KeyPair(Pem.readPublicKey(publicFile), Pem.readKey(privateFile));
        }
        Files.createDirectories(directory);
        KeyPair key = ApiAuthority.newKeyPair(random);
        Pem.writeKey(privateFile, key.getPrivate());
        Pem.writePublicKey(publicFile, key.getPublic());
        return key;
    }

    /** The authority's certificate as PEM text, for those who verify the API server. */
    public String authorityPem() throws IOException {
        return Files.readString(directory.resolve("ca.crt"));
    }

    /** The certificate that this node's API server shows, renewed while it runs. */
    public ServingCertificate serving(ApiAuthority authority, ServingNames names)
            throws IOException {
        Files.createDirectories(directory);
        return new ServingCertificate(authority, names, directory, clock, random);
    }

    /**
     * Writes {@code ca.crt}, {@code admin.crt} and {@code admin.key} for kubectl, unless they are
     * there and have most of their time before them.
     *
     * @param target such as {@code kubeconfig/pki}
     * @throws IOException also if the files are those of another mesh; its message says what to do
     */
    public void writeAdmin(ApiAuthority authority, Path target) throws IOException {
        checkTarget(authority, target);
        Path certificate = target.resolve("admin.crt");
        Path key = target.resolve("admin.key");
        if (Files.exists(certificate) && Files.exists(key)
                && Files.exists(target.resolve("ca.crt"))) {
            X509Certificate known = Pem.readCertificate(certificate);
            if (ApiAuthority.isNamedBy(known, authority.certificate())
                    && !new Credential(known, Pem.readKey(key))
                            .isDueForRenewal(clock.instant())) {
                return;
            }
        }
        Files.createDirectories(target);
        Credential admin = authority.issueClient(ADMIN, List.of(User.MASTERS), clock.instant(),
                random);
        Pem.writeCertificate(target.resolve("ca.crt"), authority.certificate());
        Pem.writeKey(key, admin.key());
        Pem.writeCertificate(certificate, admin.certificate());
    }

    /** Fails as {@link #writeAdmin} would because of another mesh; changes nothing. */
    public void checkTarget(ApiAuthority authority, Path target) throws IOException {
        Path file = target.resolve("ca.crt");
        if (Files.exists(file)
                && !Pem.readCertificate(file).equals(authority.certificate())) {
            throw new OtherMeshException(
                    target + " holds the keys of another mesh; move that directory"
                            + " away, or name another one with --kubeconfig-dir");
        }
    }
}
