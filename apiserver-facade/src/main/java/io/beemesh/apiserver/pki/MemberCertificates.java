package io.beemesh.apiserver.pki;

import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.membership.ApiAuthority.Credential;
import io.beemesh.machine.membership.Renewal;
import io.beemesh.protocol.membership.JoinAnswer;
import io.beemesh.protocol.membership.JoinRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Certificates of the API on a machine that does not hold the authority's key: an issuer signs them for
 * keys that never leave this machine. Files are read and keys made when it is constructed; {@link #get}
 * from any thread.
 */
public final class MemberCertificates implements Supplier<Credential>, Renewal.Api {
    private static final Logger LOG = LoggerFactory.getLogger(MemberCertificates.class);

    private final ServingNames names;
    private final Path pki;
    private final Path admin;
    private final InstantSource clock;
    private final KeyPair servingKeys;
    private final PublicKey adminKey;
    private volatile @Nullable Credential serving;
    private volatile @Nullable X509Certificate adminCertificate;

    /**
     * @param pki of the data directory
     * @param admin such as {@code kubeconfig/pki}
     */
    public MemberCertificates(ServingNames names, Path pki, Path admin, InstantSource clock,
            SecureRandom random) throws IOException {
        this.names = names;
        this.pki = pki;
        this.admin = admin;
        this.clock = clock;
        Files.createDirectories(pki);
        Files.createDirectories(admin);
        Path certificate = pki.resolve("serving.crt");
        Path key = pki.resolve("serving.key");
        if (Files.exists(certificate) && Files.exists(key)) {
            Credential kept = new Credential(Pem.readCertificate(certificate), Pem.readKey(key));
            this.servingKeys = new KeyPair(kept.certificate().getPublicKey(), kept.key());
            this.serving = kept;
        } else {
            this.servingKeys = ApiAuthority.newKeyPair(random);
        }
        this.adminKey = adminKey(random);
        if (Files.exists(admin.resolve("admin.crt"))) {
            this.adminCertificate = Pem.readCertificate(admin.resolve("admin.crt"));
        }
    }

    /** The administrator's public key; its private half is made and kept if there is none. */
    private PublicKey adminKey(SecureRandom random) throws IOException {
        Path file = admin.resolve("admin.key");
        if (Files.exists(file)) {
            PrivateKey key = Pem.readKey(file);
            if (key instanceof RSAPrivateCrtKey rsa) {
                try {
                    return KeyFactory.getInstance("RSA").generatePublic(
                            new RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent()));
                } catch (GeneralSecurityException e) {
                    throw new IOException(file + ": " + e.getMessage(), e);
                }
            }
        }
        KeyPair pair = ApiAuthority.newClientKeyPair(random);
        Files.deleteIfExists(admin.resolve("admin.crt"));
        Pem.writeKey(file, pair.getPrivate());
        return pair.getPublic();
    }

    /** What to ask an issuer for; an empty secret to renew. */
    public JoinRequest request(byte[] secret, String nodeName) {
        return new JoinRequest(secret, nodeName, servingKeys.getPublic().getEncoded(),
                adminKey.getEncoded(), names.dnsNames(), names.addresses());
    }

    @Override
    public Credential get() {
        Credential known = serving;
        if (known == null) {
            throw new IllegalStateException("no serving certificate yet: not joined");
        }
        return known;
    }

    @Override
    public Optional<JoinRequest> due(boolean membership) {
        X509Certificate client = adminCertificate;
        Credential server = serving;
        boolean good = server != null && !server.isDueForRenewal(clock.instant())
                && names.areIn(server.certificate()) && client != null
                && client.getPublicKey().equals(adminKey)
                && !new Credential(client, server.key()).isDueForRenewal(clock.instant());
        return good && !membership
                ? Optional.empty()
                : Optional.of(request(new byte[0], names.dnsNames().getFirst()));
    }

    @Override
    public void renewed(JoinAnswer.Admitted answer) {
        try {
            take(answer);
        } catch (IOException e) {
            LOG.error("Renewed certificates of the API are not right or not kept: {}",
                    e.toString());
        }
    }

    @Override
    public void renewOwn() {
        // The authority's key is elsewhere.
    }

    /** Verifies and keeps what an issuer signed. */
    public void take(JoinAnswer.Admitted answer) throws IOException {
        X509Certificate authority = read(answer.authority());
        X509Certificate server = read(answer.serving());
        X509Certificate client = read(answer.admin());
        if (!ApiAuthority.isSignedBy(server, authority)
                || !ApiAuthority.isSignedBy(client, authority)
                || !server.getPublicKey().equals(servingKeys.getPublic())
                || !client.getPublicKey().equals(adminKey)) {
            throw new IOException("the issuer signed other keys, or not with its authority");
        }
        Path kept = pki.resolve("ca.crt");
        if (Files.exists(kept) && !Pem.readCertificate(kept).equals(authority)) {
            throw new OtherMeshException(pki + " holds the authority of another mesh");
        }
        Pem.writeCertificate(kept, authority);
        Pem.writeKey(pki.resolve("sa.key"), key(answer.tokenKey()));
        Pem.writePublicKey(pki.resolve("sa.pub"), publicKey(answer.tokenPublicKey()));
        Files.deleteIfExists(pki.resolve("serving.crt"));
        Pem.writeKey(pki.resolve("serving.key"), servingKeys.getPrivate());
        Pem.writeCertificate(pki.resolve("serving.crt"), server);
        Pem.writeCertificate(admin.resolve("ca.crt"), authority);
        Pem.writeCertificate(admin.resolve("admin.crt"), client);
        serving = new Credential(server, servingKeys.getPrivate());
        adminCertificate = client;
        LOG.info("Certificates of the API issued until={}", server.getNotAfter().toInstant());
    }

    private static PrivateKey key(byte[] encoded) throws IOException {
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(encoded);
        try {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        } catch (GeneralSecurityException e) {
            throw new IOException("not a key for tokens: " + e.getMessage(), e);
        }
    }

    private static PublicKey publicKey(byte[] encoded) throws IOException {
        X509EncodedKeySpec spec = new X509EncodedKeySpec(encoded);
        try {
            return KeyFactory.getInstance("EC").generatePublic(spec);
        } catch (GeneralSecurityException e) {
            throw new IOException("not a key for tokens: " + e.getMessage(), e);
        }
    }

    private static X509Certificate read(byte[] der) throws IOException {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new IOException("not a certificate: " + e.getMessage(), e);
        }
    }
}
