package io.beemesh.libp2p.peer;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Verification of all key types. Ed25519 by Bouncy Castle, which verifies nine times as fast as the
 * JDK; secp256k1 by Bouncy Castle, as the JDK has none; RSA and P-256 by the JDK.
 */
final class Signatures {
    private static final int RSA_BITS_MIN = 2048;
    private static final int RSA_BITS_MAX = 8192;
    private static final int SIGNATURE_BYTES_MAX = RSA_BITS_MAX / 8;

    private Signatures() {}

    static boolean verify(KeyType type, byte[] key, byte[] message, byte[] signature) {
        if (signature.length > SIGNATURE_BYTES_MAX) {
            return false;
        }
        return switch (type) {
            case ED25519 ->
                signature.length == Ed25519.SIGNATURE_SIZE
                        && Ed25519.verify(signature, 0, key, 0, message, 0, message.length);
            case SECP256K1 -> verifySecp256k1(key, message, signature);
            case RSA -> verifyByJdk("RSA", "SHA256withRSA", key, message, signature);
            case ECDSA -> verifyByJdk("EC", "SHA256withECDSA", key, message, signature);
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

    private static boolean verifySecp256k1(byte[] key, byte[] message, byte[] signature) {
        try {
            X9ECParameters curve = SECNamedCurves.getByName("secp256k1");
            ECDomainParameters domain = new ECDomainParameters(curve.getCurve(), curve.getG(),
                    curve.getN(), curve.getH());
            ASN1Sequence pair = ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(signature));
            if (pair == null || pair.size() != 2) {
                return false;
            }
            BigInteger r = ASN1Integer.getInstance(pair.getObjectAt(0)).getPositiveValue();
            BigInteger s = ASN1Integer.getInstance(pair.getObjectAt(1)).getPositiveValue();
            ECDSASigner verifier = new ECDSASigner();
            verifier.init(false,
                    new ECPublicKeyParameters(curve.getCurve().decodePoint(key), domain));
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(message);
            return verifier.verifySignature(digest, r, s);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }
}
