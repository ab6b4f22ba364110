package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.noise.ChaChaPoly;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.incubator.codec.hpke.AEAD;
import io.netty.incubator.codec.hpke.AEADContext;
import io.netty.incubator.codec.hpke.CryptoException;
import io.netty.incubator.codec.hpke.boringssl.BoringSSLOHttpCryptoProvider;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * ChaCha20-Poly1305 of the BoringSSL that Netty has for Oblivious HTTP. A context has one nonce, so there is one for
 * each message; it is a small allocation beside the cipher's work. What lies on the heap goes through two buffers
 * outside of it, which are as large as the longest such message was.
 */
final class BoringSsl {
    private static final int BUFFER_BYTES_MIN = 1024;

    private ByteBuf from = Unpooled.EMPTY_BUFFER;
    private ByteBuf to = Unpooled.EMPTY_BUFFER;

    /** Seals all of {@code in} into {@code out}. */
    void seal(byte[] key, byte[] nonce, byte[] associated, ByteBuffer in, ByteBuffer out) {
        int room = in.remaining() + ChaChaPoly.TAG_BYTES;
        ByteBuf target = target(out, room);
        try (AEADContext context = context(key, nonce)) {
            context.seal(UnpooledByteBufAllocator.DEFAULT, Unpooled.wrappedBuffer(associated),
                    source(in), target);
        } catch (CryptoException e) {
            throw new IllegalStateException("sealing failed", e);
        }
        finish(in, target, out, room);
    }

    /** Opens all of {@code in}, at least a tag, into {@code out}; false if the tag is wrong. */
    boolean open(byte[] key, byte[] nonce, byte[] associated, ByteBuffer in, ByteBuffer out) {
        int room = in.remaining(); // it wants room for the tag, too
        ByteBuf target = target(out, room);
        try (AEADContext context = context(key, nonce)) {
            context.open(UnpooledByteBufAllocator.DEFAULT, Unpooled.wrappedBuffer(associated),
                    source(in), target);
        } catch (CryptoException e) {
            return false;
        }
        finish(in, target, out, room);
        return true;
    }

    private static AEADContext context(byte[] key, byte[] nonce) {
        return BoringSSLOHttpCryptoProvider.INSTANCE.setupAEAD(AEAD.CHACHA20_POLY1305, key, nonce);
    }

    private ByteBuf source(ByteBuffer in) {
        if (in.isDirect()) {
            return Unpooled.wrappedBuffer(in);
        }
        from = withRoom(from, in.remaining());
        return from.writeBytes(in.duplicate());
    }

    private ByteBuf target(ByteBuffer out, int bytes) {
        if (hasRoom(out, bytes)) {
            return Unpooled.wrappedBuffer(out.slice(out.position(), bytes)).clear();
        }
        to = withRoom(to, bytes);
        return to;
    }

    private static boolean hasRoom(ByteBuffer out, int bytes) {
        return out.isDirect() && out.remaining() >= bytes;
    }

    /** Never freed by hand: the memory goes with the last that refers to it. */
    private static ByteBuf withRoom(ByteBuf buffer, int bytes) {
        if (buffer.capacity() > 0 && buffer.capacity() >= bytes) {
            return buffer.clear();
        }
        int size = Integer.highestOneBit(Math.max(BUFFER_BYTES_MIN, bytes) - 1) << 1;
        return Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(size)).clear();
    }

    private static void finish(ByteBuffer in, ByteBuf target, ByteBuffer out, int bytes) {
        in.position(in.limit());
        int count = target.readableBytes();
        if (hasRoom(out, bytes)) {
            out.position(out.position() + count);
        } else {
            out.put(target.nioBuffer(0, count));
        }
    }

    /**
     * Loads the library; throws if that is missing or does not seal as the specification says.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc8439#section-2.8.2">RFC 8439, 2.8.2</a>
     */
    void prove() {
        byte[] key = HexFormat.of().parseHex(
                "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        byte[] nonce = HexFormat.of().parseHex("070000004041424344454647");
        byte[] associated = HexFormat.of().parseHex("50515253c0c1c2c3c4c5c6c7");
        byte[] plain = """
                Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
                future, sunscreen would be it."""
                .getBytes(StandardCharsets.US_ASCII);
        byte[] tag = HexFormat.of().parseHex("1ae10b594f09e26a7e902ecbd0600691");
        ByteBuffer sealed = ByteBuffer.allocate(plain.length + ChaChaPoly.TAG_BYTES);
        seal(key, nonce, associated, ByteBuffer.wrap(plain), sealed);
        ByteBuffer opened = ByteBuffer.allocate(plain.length);
        if (!sealed.slice(plain.length, tag.length).equals(ByteBuffer.wrap(tag))
                || !open(key, nonce, associated, sealed.flip(), opened)
                || !opened.flip().equals(ByteBuffer.wrap(plain))) {
            throw new IllegalStateException("it does not seal as RFC 8439 says");
        }
    }
}
