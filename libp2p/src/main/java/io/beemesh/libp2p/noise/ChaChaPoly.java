package io.beemesh.libp2p.noise;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * One ChaCha20-Poly1305 engine for all connections of a loop: it is given key and nonce with every
 * message, so it holds nothing between calls.
 */
public final class ChaChaPoly {
    /** What sealing adds, in bytes. */
    static final int TAG_BYTES = 16;

    private final Cipher cipher;
    private final byte[] nonceBytes = new byte[12];

    public ChaChaPoly() {
        try {
            cipher = Cipher.getInstance("ChaCha20-Poly1305");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has ChaCha20-Poly1305", e);
        }
    }

    /** Seals {@code length} bytes into {@code length + 16} bytes of another array. */
    int seal(SecretKeySpec key, long nonce, byte[] associated, byte[] in, int inAt, int length,
            byte[] out, int outAt) {
        try {
            begin(Cipher.ENCRYPT_MODE, key, nonce);
            cipher.updateAAD(associated);
            return cipher.doFinal(in, inAt, length, out, outAt);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing failed", e);
        }
    }

    /** Opens {@code length} bytes into {@code length - 16} bytes of another array. */
    int open(SecretKeySpec key, long nonce, byte[] associated, byte[] in, int inAt, int length,
            byte[] out, int outAt)
            throws NoiseException {
        if (length < TAG_BYTES) {
            throw new NoiseException("message of " + length + " bytes has no tag");
        }
        try {
            begin(Cipher.DECRYPT_MODE, key, nonce);
            cipher.updateAAD(associated);
            return cipher.doFinal(in, inAt, length, out, outAt);
        } catch (AEADBadTagException e) {
            throw new NoiseException("message has a wrong tag");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening failed", e);
        }
    }

    private void begin(int mode, SecretKeySpec key, long nonce)
            throws InvalidKeyException, InvalidAlgorithmParameterException {
        long rest = nonce;
        for (int i = 4; i < 12; i++) {
            nonceBytes[i] = (byte) rest;
            rest >>>= 8;
        }
        cipher.init(mode, key, new IvParameterSpec(nonceBytes));
    }
}
