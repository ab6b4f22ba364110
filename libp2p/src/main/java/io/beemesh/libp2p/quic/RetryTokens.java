package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;

/**
 * Asks who dials to say again what it was told, while many handshakes are under way: sender addresses can be
 * made up, and then nothing is kept of them. A token is the time, a seal over that, the address and the connection's
 * id, and that id.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9000#section-8.1.2">RFC 9000, 8.1.2</a>
 */
final class RetryTokens implements QuicTokenHandler {
    private static final String SEAL = "HmacSHA256";
    private static final int SEAL_BYTES = 32;
    private static final Duration VALID = Duration.ofSeconds(10);

    private final Loop loop;
    private final BooleanSupplier busy;
    private final Mac mac;

    RetryTokens(Loop loop, BooleanSupplier busy) {
        this.loop = loop;
        this.busy = busy;
        try {
            mac = Mac.getInstance(SEAL);
            mac.init(KeyGenerator.getInstance(SEAL).generateKey());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks " + SEAL, e);
        }
    }

    @Override
    public boolean writeToken(ByteBuf out, ByteBuf connection, InetSocketAddress from) {
        if (!busy.getAsBoolean()) {
            return false;
        }
        long now = loop.nanoTime();
        byte[] id = ByteBufUtil.getBytes(connection);
        out.writeLong(now).writeBytes(seal(now, from, id)).writeBytes(id);
        return true;
    }

    @Override
    public int validateToken(ByteBuf token, InetSocketAddress from) {
        if (token.readableBytes() < Long.BYTES + SEAL_BYTES
                || token.readableBytes() > maxTokenLength()) {
            return -1;
        }
        long made = token.readLong();
        byte[] seal = new byte[SEAL_BYTES];
        token.readBytes(seal);
        long age = loop.nanoTime() - made;
        boolean valid = age >= 0 && age <= VALID.toNanos()
                && MessageDigest.isEqual(seal, seal(made, from, ByteBufUtil.getBytes(token)));
        return valid ? Long.BYTES + SEAL_BYTES : -1;
    }

    private byte[] seal(long time, InetSocketAddress from, byte[] connection) {
        mac.update(ByteBuffer.allocate(Long.BYTES + Integer.BYTES).putLong(time)
                .putInt(from.getPort()).flip());
        mac.update(from.getAddress().getAddress());
        return mac.doFinal(connection);
    }

    @Override
    public int maxTokenLength() {
        return Long.BYTES + SEAL_BYTES + Quic.MAX_CONN_ID_LEN;
    }
}
