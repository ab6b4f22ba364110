package io.beemesh.libp2p.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.FormatException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.junit.jupiter.api.Test;

class PublicKeyTest {
    private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.UTF_8);

    private static void assertVerifies(PublicKey key, byte[] signature) throws FormatException {
        assertThat(key.verify(MESSAGE, signature)).isTrue();
        assertThat(PublicKey.fromBytes(key.toBytes())).isEqualTo(key);
        byte[] wrong = signature.clone();
        wrong[wrong.length - 1] ^= 1;
        assertThat(key.verify(MESSAGE, wrong)).isFalse();
        assertThat(key.verify(new byte[]{1}, signature)).isFalse();
        assertThat(key.verify(MESSAGE, new byte[0])).isFalse();
        assertThat(key.verify(MESSAGE, new byte[70])).isFalse();
    }

    @Test
    void verify_ed25519_onlyItsOwn() throws FormatException {
        PrivateKey key = PeerIdTest.seed("3");
        assertVerifies(key.publicKey(), key.sign(MESSAGE));
    }

    @Test
    void verify_rsa_onlyItsOwn() throws GeneralSecurityException, FormatException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        Signature signer = Signature.getInstance("SHA256withRSA");
        signer.initSign(pair.getPrivate());
        signer.update(MESSAGE);
        PublicKey key = new PublicKey(KeyType.RSA, pair.getPublic().getEncoded());
        assertVerifies(key, signer.sign());
        assertThat(PeerId.of(key).toString()).startsWith("Qm");
    }

    @Test
    void verify_ecdsa_onlyItsOwn() throws GeneralSecurityException, FormatException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(pair.getPrivate());
        signer.update(MESSAGE);
        assertVerifies(new PublicKey(KeyType.ECDSA, pair.getPublic().getEncoded()), signer.sign());
    }

    @Test
    void verify_secp256k1_onlyItsOwn()
            throws GeneralSecurityException, IOException, FormatException {
        X9ECParameters curve = SECNamedCurves.getByName("secp256k1");
        ECDomainParameters domain = new ECDomainParameters(curve.getCurve(), curve.getG(),
                curve.getN());
        BigInteger secret = BigInteger.valueOf(123456789);
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
        signer.init(true, new ECPrivateKeyParameters(secret, domain));
        BigInteger[] pair = signer
                .generateSignature(MessageDigest.getInstance("SHA-256").digest(MESSAGE));
        ASN1EncodableVector vector = new ASN1EncodableVector();
        vector.add(new ASN1Integer(pair[0]));
        vector.add(new ASN1Integer(pair[1]));
        byte[] point = curve.getG().multiply(secret).getEncoded(true);
        PublicKey key = new PublicKey(KeyType.SECP256K1, point);
        assertVerifies(key, new DERSequence(vector).getEncoded());
        assertThat(PeerId.of(key).toString()).startsWith("16Uiu2");
        assertThat(new PublicKey(KeyType.SECP256K1, new byte[33]).verify(MESSAGE, new byte[64]))
                .isFalse();
    }

    @Test
    void fromBytes_broken_refuses() {
        for (byte[] bytes : new byte[][]{{}, {8, 1}, {8, 9, 18, 1, 0}, {8, 1, 18, 2, 0, 0},
                {8, 1, 18, 32, 0}, new byte[2000]}) {
            assertThatThrownBy(() -> PublicKey.fromBytes(bytes))
                    .isInstanceOf(FormatException.class);
        }
    }
}
