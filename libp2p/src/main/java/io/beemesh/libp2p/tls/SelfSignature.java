package io.beemesh.libp2p.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** A certificate's signature by the key within it, in the schemes that TLS 1.3 has. */
final class SelfSignature {
    private static final ASN1ObjectIdentifier ED25519 = new ASN1ObjectIdentifier("1.3.101.112");
    private static final int RSA_BITS_MIN = 2048;
    private static final int RSA_BITS_MAX = 8192;

    private SelfSignature() {}

    static void check(Certificate certificate) throws TlsException, IOException {
        if (!certificate.getSignatureAlgorithm()
                .equals(certificate.getTBSCertificate().getSignature())) {
            throw new TlsException("certificate names two signature algorithms");
        }
        ASN1ObjectIdentifier algorithm = certificate.getSignatureAlgorithm().getAlgorithm();
        byte[] key = certificate.getSubjectPublicKeyInfo().getEncoded(ASN1Encoding.DER);
        byte[] signed = certificate.getTBSCertificate().getEncoded(ASN1Encoding.DER);
        byte[] signature = certificate.getSignature().getOctets();
        // What go, js, rust and this one write: worth the faster way that identities have.
        boolean good = algorithm.equals(X9ObjectIdentifiers.ecdsa_with_SHA256)
                ? io.beemesh.libp2p.peer.PublicKey.ecdsa(key).verify(signed, signature)
                : verifyByJdk(algorithm, key, signed, signature);
        if (!good) {
            throw new TlsException("certificate is not signed by its own key");
        }
    }

    private static boolean verifyByJdk(ASN1ObjectIdentifier algorithm, byte[] subjectKey,
            byte[] signed, byte[] signature) throws TlsException {
        try {
            PublicKey key = KeyFactory.getInstance(keyType(algorithm))
                    .generatePublic(new X509EncodedKeySpec(subjectKey));
            if (key instanceof RSAPublicKey rsa) {
                checkSize(rsa.getModulus().bitLength());
            }
            Signature verifier = verifier(algorithm);
            verifier.initVerify(key);
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            throw new TlsException("certificate's own signature: " + e.getMessage(), e);
        }
    }

    private static void checkSize(int bits) throws TlsException {
        if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
            throw new TlsException("certificate has an RSA key of " + bits + " bits, not "
                    + RSA_BITS_MIN + " to " + RSA_BITS_MAX);
        }
    }

    private static String keyType(ASN1ObjectIdentifier algorithm) {
        if (algorithm.on(PKCSObjectIdentifiers.pkcs_1)) {
            return "RSA";
        }
        return algorithm.equals(ED25519) ? "Ed25519" : "EC";
    }

    private static Signature verifier(ASN1ObjectIdentifier algorithm)
            throws GeneralSecurityException, TlsException {
        if (algorithm.equals(X9ObjectIdentifiers.ecdsa_with_SHA384)) {
            return Signature.getInstance("SHA384withECDSA");
        }
        if (algorithm.equals(X9ObjectIdentifiers.ecdsa_with_SHA512)) {
            return Signature.getInstance("SHA512withECDSA");
        }
        if (algorithm.equals(ED25519)) {
            return Signature.getInstance("Ed25519");
        }
        if (algorithm.equals(PKCSObjectIdentifiers.sha256WithRSAEncryption)) {
            return Signature.getInstance("SHA256withRSA");
        }
        if (algorithm.equals(PKCSObjectIdentifiers.id_RSASSA_PSS)) {
            Signature pss = Signature.getInstance("RSASSA-PSS");
            pss.setParameter(
                    new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
            return pss;
        }
        throw new TlsException("certificate is signed by an unknown algorithm " + algorithm);
    }
}
