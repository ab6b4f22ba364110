package io.beemesh.machine.membership;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The certificate authority of a mesh's Kubernetes API: one for all nodes, so that one kubeconfig
 * serves for each of them. Keys are ECDSA P-256, those of clients RSA 2048. Immutable, without I/O; time and randomness are
 * given by the caller.
 */
public final class ApiAuthority {
    public static final Duration AUTHORITY_VALIDITY = Duration.ofDays(3650);
    public static final Duration LEAF_VALIDITY = Duration.ofDays(365);

    /** Clocks of other machines may be behind by this. */
    private static final Duration SKEW = Duration.ofMinutes(10);

    private static final String SIGNATURE = "SHA256withECDSA";

    private final X509Certificate certificate;
    private final PrivateKey key;

    private ApiAuthority(X509Certificate certificate, PrivateKey key) {
        this.certificate = certificate;
        this.key = key;
    }

    /** A certificate with its private key. */
    public record Credential(X509Certificate certificate, PrivateKey key) {
        /** True once less than a third of its life is left. */
        public boolean isDueForRenewal(Instant now) {
            Instant from = certificate.getNotBefore().toInstant();
            Instant until = certificate.getNotAfter().toInstant();
            return now.isAfter(until.minusSeconds(Duration.between(from, until).toSeconds() / 3));
        }
    }

    /** A new authority; {@code name} becomes its common name and must differ from mesh to mesh. */
    public static ApiAuthority create(String name, Instant now, SecureRandom random) {
        KeyPair pair = newKeyPair(random);
        X500Name subject = new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, name).build();
        Issue issue = new Issue(subject, AUTHORITY_VALIDITY, new GeneralName[0],
                KeyUsage.digitalSignature | KeyUsage.keyCertSign | KeyUsage.cRLSign, List.of());
        return new ApiAuthority(sign(issue, subject, pair, pair.getPublic(), now, random),
                pair.getPrivate());
    }

    /** An authority that was kept. */
    public static ApiAuthority of(X509Certificate certificate, PrivateKey key) {
        return new ApiAuthority(certificate, key);
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** The private key, to be kept in the data directory and nowhere else. */
    public PrivateKey key() {
        return key;
    }

    /**
     * Issues what an API server shows to its clients.
     *
     * @param dnsNames names under which clients reach it; the first is the common name
     * @param addresses IP addresses in text form
     */
    public Credential issueServing(List<String> dnsNames, List<String> addresses, Instant now,
            SecureRandom random) {
        KeyPair pair = newKeyPair(random);
        return new Credential(
                issueServing(dnsNames, addresses, pair.getPublic(), now, random),
                pair.getPrivate());
    }

    /**
     * The same for a key whose private half is elsewhere; an {@link IllegalArgumentException} if a name
     * or address is not one.
     */
    public X509Certificate issueServing(List<String> dnsNames, List<String> addresses,
            PublicKey key, Instant now, SecureRandom random) {
        GeneralName[] names = new GeneralName[dnsNames.size() + addresses.size()];
        for (int i = 0; i < names.length; i++) {
            names[i] = i < dnsNames.size()
                    ? new GeneralName(GeneralName.dNSName, dnsNames.get(i))
                    : new GeneralName(GeneralName.iPAddress, addresses.get(i - dnsNames.size()));
        }
        X500Name subject = new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, dnsNames.getFirst()).build();
        return issue(new Issue(subject, LEAF_VALIDITY, names, KeyUsage.digitalSignature,
                List.of(KeyPurposeId.id_kp_serverAuth)), key, now, random);
    }

    /** Issues what a client shows: {@code user} becomes the common name, {@code groups} organisations. */
    public Credential issueClient(String user, List<String> groups, Instant now,
            SecureRandom random) {
        KeyPair pair = newClientKeyPair(random);
        return new Credential(issueClient(user, groups, pair.getPublic(), now, random),
                pair.getPrivate());
    }

    /** The same for a key whose private half is elsewhere. */
    public X509Certificate issueClient(String user, List<String> groups, PublicKey key,
            Instant now, SecureRandom random) {
        X500NameBuilder subject = new X500NameBuilder(BCStyle.INSTANCE);
        groups.forEach(group -> subject.addRDN(BCStyle.O, group));
        subject.addRDN(BCStyle.CN, user);
        return issue(new Issue(subject.build(), LEAF_VALIDITY, new GeneralName[0],
                KeyUsage.digitalSignature, List.of(KeyPurposeId.id_kp_clientAuth)), key, now,
                random);
    }

    /** True if this authority signed {@code other}; says nothing of its validity in time. */
    public static boolean isSignedBy(X509Certificate other, X509Certificate authority) {
        try {
            other.verify(authority.getPublicKey());
            return other.getIssuerX500Principal().equals(authority.getSubjectX500Principal());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /**
     * True if {@code other} names this authority and its key as the issuer. That proves nothing, and is
     * for files that this machine wrote: a signature checked by code that is not compiled yet is a tenth
     * of the node's start.
     */
    public static boolean isNamedBy(X509Certificate other, X509Certificate authority) {
        AuthorityKeyIdentifier issuer = AuthorityKeyIdentifier
                .fromExtensions(extensions(other));
        SubjectKeyIdentifier own = SubjectKeyIdentifier.fromExtensions(extensions(authority));
        return issuer != null && own != null
                && Arrays.equals(issuer.getKeyIdentifierOctets(), own.getKeyIdentifier())
                && Arrays.equals(other.getIssuerX500Principal().getEncoded(),
                        authority.getSubjectX500Principal().getEncoded());
    }

    private static Extensions extensions(X509Certificate certificate) {
        try {
            return new JcaX509CertificateHolder(certificate).getExtensions();
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("not a certificate: " + e.getMessage(), e);
        }
    }

    private X509Certificate issue(Issue issue, PublicKey subjectKey, Instant now,
            SecureRandom random) {
        X500Name issuer = X500Name
                .getInstance(certificate.getSubjectX500Principal().getEncoded());
        KeyPair signer = new KeyPair(certificate.getPublicKey(), key);
        return sign(issue, issuer, signer, subjectKey, now, random);
    }

    private static X509Certificate sign(Issue issue, X500Name issuer, KeyPair signer,
            PublicKey subjectKey, Instant now, SecureRandom random) {
        boolean authority = issue.purposes.isEmpty();
        BigInteger serial = new BigInteger(127, random).add(BigInteger.ONE);
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(issuer, serial,
                    Date.from(now.minus(SKEW)), Date.from(now.plus(issue.validity)),
                    issue.subject, subjectKey);
            JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(issue.usage))
                    .addExtension(Extension.subjectKeyIdentifier, false,
                            ids.createSubjectKeyIdentifier(subjectKey))
                    .addExtension(Extension.authorityKeyIdentifier, false,
                            ids.createAuthorityKeyIdentifier(signer.getPublic()));
            if (!authority) {
                builder.addExtension(Extension.extendedKeyUsage, false,
                        new ExtendedKeyUsage(issue.purposes.toArray(KeyPurposeId[]::new)));
            }
            if (issue.names.length > 0) {
                builder.addExtension(Extension.subjectAlternativeName, false,
                        new GeneralNames(issue.names));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE)
                            .setSecureRandom(random).build(signer.getPrivate())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | OperatorException e) {
            throw new IllegalStateException("this Java cannot make ECDSA certificates", e);
        }
    }

    /** A new key for an API server, or to sign tokens with. */
    public static KeyPair newKeyPair(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot make P-256 keys", e);
        }
    }

    /** A new key for a client. RSA: Java clients such as fabric8's take a key without a name of its kind for one of RSA. */
    public static KeyPair newClientKeyPair(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048, random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot make RSA keys", e);
        }
    }

    private record Issue(X500Name subject, Duration validity, GeneralName[] names, int usage,
            List<KeyPurposeId> purposes) {}
}
