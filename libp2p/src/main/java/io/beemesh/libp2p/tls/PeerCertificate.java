package io.beemesh.libp2p.tls;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.Set;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.Properties;

/**
 * The self-signed certificate by which a peer proves its identity within a TLS handshake: its one
 * extension holds the identity's public key and that key's signature over the certificate's key.
 *
 * <p>Parsed by Bouncy Castle, as the JDK refuses the empty names that js and rust write.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/tls/tls.md">libp2p TLS</a>
 */
public final class PeerCertificate {
    /** The longest certificate that is looked at, in bytes: an identity of RSA 8192 with room. */
    static final int BYTES_MAX = 8192;

    private static final ASN1ObjectIdentifier EXTENSION = new ASN1ObjectIdentifier(
            "1.3.6.1.4.1.53594.1.1");

    /** Extensions that may be critical: the meaning of each is known, and none forbids this use. */
    private static final Set<ASN1ObjectIdentifier> UNDERSTOOD = Set.of(EXTENSION,
            Extension.keyUsage, Extension.extendedKeyUsage, Extension.basicConstraints);

    private static final String SIGNED_PREFIX = "libp2p-tls-handshake:";

    /** js wants the issuer to be the subject, the JDK of others wants it not to be empty. */
    private static final X500Name NAME = new X500Name("O=libp2p.io");

    /** Bouncy Castle's word for what js and rust write. */
    private static final String EMPTY_ISSUER = "org.bouncycastle.x509.allow_empty_issuer_cert";

    private static final Duration SKEW = Duration.ofHours(1);
    private static final Duration LIFE = Duration.ofDays(36_500);

    private final byte[] encoded;
    private final java.security.PrivateKey key;

    private PeerCertificate(byte[] encoded, java.security.PrivateKey key) {
        this.encoded = encoded;
        this.key = key;
    }

    /** A fresh P-256 key and the certificate that binds it to {@code identity}, valid for 100 years. */
    public static PeerCertificate create(PrivateKey identity, SecureRandom random, Instant now) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair pair = generator.generateKeyPair();
            return new PeerCertificate(sign(identity, pair, random, now), pair.getPrivate());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }

    private static byte[] sign(PrivateKey identity, KeyPair pair, SecureRandom random, Instant now)
            throws GeneralSecurityException, IOException {
        byte[] subjectKey = pair.getPublic().getEncoded();
        AlgorithmIdentifier algorithm = new AlgorithmIdentifier(
                X9ObjectIdentifiers.ecdsa_with_SHA256);
        ASN1EncodableVector signedKey = new ASN1EncodableVector();
        signedKey.add(new DEROctetString(identity.publicKey().toBytes()));
        signedKey.add(new DEROctetString(identity.sign(signedBytes(subjectKey))));
        V3TBSCertificateGenerator fields = new V3TBSCertificateGenerator();
        fields.setSerialNumber(new ASN1Integer(new BigInteger(63, random).add(BigInteger.ONE)));
        fields.setSignature(algorithm);
        fields.setIssuer(NAME);
        fields.setSubject(NAME);
        fields.setStartDate(new Time(Date.from(now.minus(SKEW))));
        fields.setEndDate(new Time(Date.from(now.plus(LIFE))));
        fields.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(subjectKey));
        fields.setExtensions(new Extensions(
                new Extension(EXTENSION, false,
                        new DERSequence(signedKey).getEncoded(ASN1Encoding.DER))));
        ASN1Primitive body = fields.generateTBSCertificate().toASN1Primitive();
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate(), random);
        signature.update(body.getEncoded(ASN1Encoding.DER));
        ASN1EncodableVector whole = new ASN1EncodableVector();
        whole.add(body);
        whole.add(algorithm);
        whole.add(new DERBitString(signature.sign()));
        return new DERSequence(whole).getEncoded(ASN1Encoding.DER);
    }

    /** The certificate in DER, a copy. */
    public byte[] encoded() {
        return encoded.clone();
    }

    /** The certificate's private key, which is not the identity's. */
    public java.security.PrivateKey key() {
        return key;
    }

    /**
     * The identity that a received certificate proves at {@code now}.
     *
     * @throws TlsException if it is no certificate, not valid now, not signed by its own key, has a
     *     critical extension that is not understood, or does not prove an identity
     */
    public static PublicKey verify(byte[] encoded, Instant now) throws TlsException {
        if (encoded.length > BYTES_MAX) {
            throw new TlsException(
                    "certificate has " + encoded.length + " bytes, limit " + BYTES_MAX);
        }
        try {
            Certificate certificate = parse(encoded);
            checkValidity(certificate, now);
            checkExtensions(certificate);
            SelfSignature.check(certificate);
            return provenIdentity(certificate);
        } catch (IOException | FormatException | RuntimeException e) {
            // Bouncy Castle throws what it likes at hostile structures.
            throw new TlsException("bad certificate: " + e.getMessage(), e);
        }
    }

    private static Certificate parse(byte[] encoded) throws IOException, TlsException {
        ASN1Primitive whole = ASN1Primitive.fromByteArray(encoded);
        Certificate certificate;
        Properties.setThreadOverride(EMPTY_ISSUER, true);
        try {
            certificate = Certificate.getInstance(whole);
        } finally {
            Properties.removeThreadOverride(EMPTY_ISSUER);
        }
        if (certificate == null || certificate.getVersionNumber() != 3) {
            throw new TlsException("not a certificate of version 3");
        }
        if (!Arrays.equals(certificate.getEncoded(ASN1Encoding.DER), encoded)) {
            throw new TlsException("certificate is not in DER");
        }
        if (certificate.getTBSCertificate().getIssuerUniqueId() != null
                || certificate.getTBSCertificate().getSubjectUniqueId() != null) {
            throw new TlsException("certificate has unique ids");
        }
        return certificate;
    }

    private static void checkValidity(Certificate certificate, Instant now) throws TlsException {
        Instant start = certificate.getStartDate().getDate().toInstant();
        Instant end = certificate.getEndDate().getDate().toInstant();
        if (now.isBefore(start) || now.isAfter(end)) {
            throw new TlsException(
                    "certificate is valid from " + start + " to " + end + ", now is " + now);
        }
    }

    private static void checkExtensions(Certificate certificate) throws TlsException {
        Extensions extensions = certificate.getExtensions();
        if (extensions == null || extensions.getExtension(EXTENSION) == null) {
            throw new TlsException("certificate has no libp2p extension");
        }
        for (ASN1ObjectIdentifier critical : extensions.getCriticalExtensionOIDs()) {
            if (!UNDERSTOOD.contains(critical)) {
                throw new TlsException("critical extension " + critical + " is not understood");
            }
        }
    }

    private static PublicKey provenIdentity(Certificate certificate)
            throws IOException, FormatException, TlsException {
        ASN1Sequence signedKey = ASN1Sequence.getInstance(
                certificate.getExtensions().getExtension(EXTENSION).getExtnValue().getOctets());
        if (signedKey.size() != 2) {
            throw new TlsException(
                    "libp2p extension has " + signedKey.size() + " parts instead of 2");
        }
        PublicKey identity = PublicKey.fromBytes(
                ASN1OctetString.getInstance(signedKey.getObjectAt(0)).getOctets());
        byte[] signature = ASN1OctetString.getInstance(signedKey.getObjectAt(1)).getOctets();
        byte[] subjectKey = certificate.getSubjectPublicKeyInfo().getEncoded(ASN1Encoding.DER);
        if (!identity.verify(signedBytes(subjectKey), signature)) {
            throw new TlsException("certificate's key is not signed by the identity");
        }
        return identity;
    }

    private static byte[] signedBytes(byte[] subjectKey) {
        byte[] prefix = SIGNED_PREFIX.getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = Arrays.copyOf(prefix, prefix.length + subjectKey.length);
        System.arraycopy(subjectKey, 0, bytes, prefix.length, subjectKey.length);
        return bytes;
    }
}
