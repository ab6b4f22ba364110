package io.beemesh.libp2p.noise;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * One ChaCha20-Poly1305 engine for all connections of a loop: it is given key and nonce with every
 * message, so it holds nothing between calls. This is the JDK's, which is there everywhere; a host may have a
 * faster one.
 *
 * <p>The JDK works on arrays: what lies outside of the heap goes through two of them, which are as large as the
 * longest such message was.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8439#section-2.8">RFC 8439, 2.8</a>
 */
public class ChaChaPoly {
    /** What sealing adds, in bytes. */
    public static final int TAG_BYTES = 16;

    private final Cipher cipher;
    private byte[] from = new byte[0];
    private byte[] to = new byte[0];

    public ChaChaPoly() {
        try {
            cipher = Cipher.getInstance("ChaCha20-Poly1305");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has ChaCha20-Poly1305", e);
        }
    }

    /**
     * Seals all of {@code in} into another buffer, which has room for the tag too.
     *
     * @param nonce the counter of the messages that this key sealed
     * @param associated what is not sealed but proven; empty for all messages after a handshake
     */
    protected void seal(SecretKeySpec key, long nonce, byte[] associated, ByteBuffer in,
            ByteBuffer out) {
        try {
            begin(Cipher.ENCRYPT_MODE, key, nonce, associated);
            finish(in, out, in.remaining() + TAG_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing failed", e);
        }
    }

    /**
     * Opens all of {@code in}, at least a tag, into another buffer, which has room for what is within.
     *
     * @return false if the tag is wrong: then {@code out} has nothing more
     */
    protected boolean tryOpen(SecretKeySpec key, long nonce, byte[] associated, ByteBuffer in,
            ByteBuffer out) {
        try {
            begin(Cipher.DECRYPT_MODE, key, nonce, associated);
            finish(in, out, in.remaining() - TAG_BYTES);
            return true;
        } catch (AEADBadTagException e) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening failed", e);
        }
    }

    /** Opens what comes from a remote side. */
    final void open(SecretKeySpec key, long nonce, byte[] associated, ByteBuffer in,
            ByteBuffer out)
            throws NoiseException {
        if (in.remaining() < TAG_BYTES) {
            throw new NoiseException("message of " + in.remaining() + " bytes has no tag");
        }
        if (!tryOpen(key, nonce, associated, in, out)) {
            throw new NoiseException("message has a wrong tag");
        }
    }

    /** A counter as the cipher takes it: after four zeros, its least byte first. */
    protected static byte[] nonceBytes(long nonce) {
        byte[] bytes = new byte[12];
        long rest = nonce;
        for (int i = 4; i < bytes.length; i++) {
            bytes[i] = (byte) rest;
            rest >>>= 8;
        }
        return bytes;
    }

    private void begin(int mode, SecretKeySpec key, long nonce, byte[] associated)
            throws GeneralSecurityException {
        cipher.init(mode, key, new IvParameterSpec(nonceBytes(nonce)));
        cipher.updateAAD(associated);
    }

    private void finish(ByteBuffer in, ByteBuffer out, int count) throws GeneralSecurityException {
        int length = in.remaining();
        byte[] source = from;
        int sourceAt = 0;
        if (in.hasArray()) {
            source = in.array();
            sourceAt = in.arrayOffset() + in.position();
        } else {
            from = withRoom(from, length);
            source = from;
            in.get(in.position(), source, 0, length);
        }
        if (out.hasArray()) {
            int written = cipher.doFinal(source, sourceAt, length, out.array(),
                    out.arrayOffset() + out.position());
            out.position(out.position() + written);
        } else {
            to = withRoom(to, count);
            out.put(to, 0, cipher.doFinal(source, sourceAt, length, to, 0));
        }
        in.position(in.limit());
    }

    /** Messages have an end, see {@link NoiseCipher#MESSAGE_BYTES_MAX}. */
    private static byte[] withRoom(byte[] array, int bytes) {
        return array.length >= bytes ? array : new byte[bytes];
    }
}
