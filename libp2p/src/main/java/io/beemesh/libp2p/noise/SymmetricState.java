package io.beemesh.libp2p.noise;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.jspecify.annotations.Nullable;

/**
 * Keys and transcript hash of a handshake under way.
 *
 * @see <a href="https://noiseprotocol.org/noise.html#the-symmetricstate-object">Noise, 5.2</a>
 */
final class SymmetricState {
    /** Exactly 32 bytes, so it is the first hash itself. */
    private static final String NAME = "Noise_XX_25519_ChaChaPoly_SHA256";

    private static final byte[] EMPTY = new byte[0];

    private final ChaChaPoly engine;
    private byte[] chainingKey = NAME.getBytes(StandardCharsets.US_ASCII);
    private byte[] hash = chainingKey;
    private @Nullable SecretKeySpec key;
    private long nonce;

    SymmetricState(ChaChaPoly engine, byte[] prologue) {
        this.engine = engine;
        mixHash(prologue);
    }

    void mixHash(byte[] data) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(hash);
            hash = digest.digest(data);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    void mixKey(byte[] secret) {
        byte[] both = derive(secret);
        chainingKey = Arrays.copyOf(both, 32);
        key = new SecretKeySpec(both, 32, 32, "ChaCha20");
        nonce = 0;
    }

    byte[] encryptAndHash(byte[] plain) {
        byte[] sealed = plain;
        if (key != null) {
            sealed = new byte[plain.length + ChaChaPoly.TAG_BYTES];
            engine.seal(key, nonce++, hash, ByteBuffer.wrap(plain), ByteBuffer.wrap(sealed));
        }
        mixHash(sealed);
        return sealed;
    }

    byte[] decryptAndHash(byte[] sealed) throws NoiseException {
        byte[] plain = sealed;
        if (key != null) {
            plain = new byte[Math.max(0, sealed.length - ChaChaPoly.TAG_BYTES)];
            engine.open(key, nonce++, hash, ByteBuffer.wrap(sealed), ByteBuffer.wrap(plain));
        }
        mixHash(sealed);
        return plain;
    }

    /** The two keys of the transport: dialer to listener first. */
    NoiseCipher[] split() {
        byte[] both = derive(EMPTY);
        return new NoiseCipher[]{
                new NoiseCipher(engine, new SecretKeySpec(both, 0, 32, "ChaCha20")),
                new NoiseCipher(engine, new SecretKeySpec(both, 32, 32, "ChaCha20"))
        };
    }

    private byte[] derive(byte[] secret) {
        HKDFBytesGenerator generator = new HKDFBytesGenerator(new SHA256Digest());
        generator.init(new HKDFParameters(secret, chainingKey, EMPTY));
        byte[] both = new byte[64];
        int written = generator.generateBytes(both, 0, both.length);
        assert written == both.length;
        return both;
    }
}
