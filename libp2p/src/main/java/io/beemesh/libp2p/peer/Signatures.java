package io.beemesh.libp2p.peer;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Verification of all key types. Ed25519 and P-256 by Bouncy Castle, which verifies nine and four times
 * as fast as the JDK; secp256k1 by Bouncy Castle, as the JDK has none; RSA and other curves by the JDK.
 */
final class Signatures {
    private static final int RSA_BITS_MIN = 2048;
    private static final int RSA_BITS_MAX = 8192;
    private static final int SIGNATURE_BYTES_MAX = RSA_BITS_MAX / 8;

    /** A point of P-256 that is not compressed: 4, x, y. */
    private static final int P256_POINT_BYTES = 65;

    private Signatures() {}

    static boolean verify(KeyType type, byte[] key, byte[] message, byte[] signature) {
        if (signature.length > SIGNATURE_BYTES_MAX) {
            return false;
        }
        return switch (type) {
            case ED25519 ->
                signature.length == Ed25519.SIGNATURE_SIZE
                        && Ed25519.verify(signature, 0, key, 0, message, 0, message.length);
            case SECP256K1 ->
                verifyOnCurve(SECNamedCurves.getByName("secp256k1"), key, message, signature);
            case RSA -> verifyByJdk("RSA", "SHA256withRSA", key, message, signature);
            case ECDSA -> {
                byte[] point = pointOfP256(key);
                yield point.length == 0
                        ? verifyByJdk("EC", "SHA256withECDSA", key, message, signature)
                        : verifyOnCurve(CustomNamedCurves.getByOID(
                                X9ObjectIdentifiers.prime256v1), point, message, signature);
            }
        };
    }

    private static boolean verifyByJdk(
            String algorithm, String scheme, byte[] key, byte[] message, byte[] signature) {
        try {
            java.security.PublicKey publicKey = KeyFactory.getInstance(algorithm)
                    .generatePublic(new X509EncodedKeySpec(key));
            if (publicKey instanceof RSAPublicKey rsa) {
                int bits = rsa.getModulus().bitLength();
                if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
                    return false;
                }
            }
            Signature verifier = Signature.getInstance(scheme);
            verifier.initVerify(publicKey);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** The point of a SubjectPublicKeyInfo of P-256 as everybody writes it; empty for any other. */
    private static byte[] pointOfP256(byte[] subjectPublicKeyInfo) {
        try {
            SubjectPublicKeyInfo info = SubjectPublicKeyInfo
                    .getInstance(ASN1Primitive.fromByteArray(subjectPublicKeyInfo));
            boolean usual = info != null
                    && X9ObjectIdentifiers.prime256v1.equals(info.getAlgorithm().getParameters())
                    && Arrays.equals(info.getEncoded(ASN1Encoding.DER), subjectPublicKeyInfo);
            byte[] point = usual ? info.getPublicKeyData().getOctets() : new byte[0];
            return point.length == P256_POINT_BYTES ? point : new byte[0];
        } catch (IOException | RuntimeException e) {
            // Bouncy Castle throws what it likes at hostile structures.
            return new byte[0];
        }
    }

    /** ECDSA over SHA-256; a signature that is not in DER is refused, as each has one form only. */
    private static boolean verifyOnCurve(X9ECParameters curve, byte[] point, byte[] message,
            byte[] signature) {
        try {
            ASN1Sequence pair = ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(signature));
            if (pair == null || pair.size() != 2
                    || !Arrays.equals(pair.getEncoded(ASN1Encoding.DER), signature)) {
                return false;
            }
            BigInteger r = ASN1Integer.getInstance(pair.getObjectAt(0)).getPositiveValue();
            BigInteger s = ASN1Integer.getInstance(pair.getObjectAt(1)).getPositiveValue();
            ECDSASigner verifier = new ECDSASigner();
            verifier.init(false, new ECPublicKeyParameters(curve.getCurve().decodePoint(point),
                    new ECDomainParameters(curve)));
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(message);
            return verifier.verifySignature(digest, r, s);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }
}
