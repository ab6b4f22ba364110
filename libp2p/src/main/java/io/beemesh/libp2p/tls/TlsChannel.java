package io.beemesh.libp2p.tls;

import io.beemesh.libp2p.upgrade.RawLink;
import io.beemesh.libp2p.upgrade.SecureChannel;
import io.beemesh.libp2p.upgrade.UpgradeBuffers;
import io.beemesh.libp2p.yamux.YamuxException;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * An engine between a link and its user. Records are given to it whole and one at a time, so it keeps
 * nothing itself; what is kept here is the beginning of one record.
 */
final class TlsChannel implements SecureChannel {
    private static final int HEADER_BYTES = 5;

    /** The longest record: its plain bytes and what TLS 1.3 may add (RFC 8446, 5.2). */
    private static final int RECORD_BYTES_MAX = HEADER_BYTES + 16_384 + 256;

    private static final int PLAIN_BYTES_MAX = 16_384;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private final UpgradeBuffers buffers;
    private final RawLink link;
    private final byte[] header = new byte[HEADER_BYTES];
    private int headerBytes;
    private byte @Nullable [] partial;
    private int filled;
    private boolean busy;
    private boolean closed;

    TlsChannel(SSLEngine engine, UpgradeBuffers buffers, RawLink link) {
        this.engine = engine;
        this.buffers = buffers;
        this.link = link;
    }

    void begin() {
        try {
            engine.beginHandshake();
            proceed();
        } catch (SSLException e) {
            throw new IllegalStateException("a handshake could not begin", e);
        }
    }

    boolean isEstablished() {
        HandshakeStatus status = engine.getHandshakeStatus();
        return status == HandshakeStatus.NOT_HANDSHAKING || status == HandshakeStatus.FINISHED;
    }

    Certificate[] peerCertificates() throws TlsException {
        try {
            return engine.getSession().getPeerCertificates();
        } catch (SSLPeerUnverifiedException e) {
            throw new TlsException("peer sent no certificate", e);
        }
    }

    String applicationProtocol() {
        String protocol = engine.getApplicationProtocol();
        return protocol == null ? "" : protocol;
    }

    /** Takes at most one record of the handshake. */
    void handshake(ByteBuffer in) throws TlsException {
        ByteBuffer record = nextRecord(in);
        if (record == null) {
            return;
        }
        boolean[] early = new boolean[1];
        try {
            unwrap(record, plain -> early[0] = true);
            // The engine looks only at the next call whether the record was the last one.
            SSLEngineResult ignored = engine.unwrap(NOTHING.duplicate(), buffers.opened());
            proceed();
        } catch (YamuxException e) {
            throw new IllegalStateException("nobody reads yet", e);
        } catch (SSLException e) {
            sendAlert();
            throw new TlsException("TLS failed: " + rootMessage(e), e);
        }
        if (early[0]) {
            throw new TlsException("data within the handshake");
        }
    }

    @Override
    public void feed(ByteBuffer in, Receiver receiver) throws TlsException, YamuxException {
        busy = true;
        try {
            while (in.hasRemaining() && !closed) {
                ByteBuffer record = nextRecord(in);
                if (record != null) {
                    unwrap(record, receiver);
                }
            }
        } finally {
            busy = false;
            if (closed) {
                ReferenceCountUtil.release(engine);
            }
        }
    }

    /** The next record if all of it is there. */
    private @Nullable ByteBuffer nextRecord(ByteBuffer in) throws TlsException {
        while (headerBytes < HEADER_BYTES && in.hasRemaining()) {
            header[headerBytes++] = in.get();
        }
        if (headerBytes < HEADER_BYTES) {
            return null;
        }
        int length = HEADER_BYTES + ((header[3] & 0xff) << 8) + (header[4] & 0xff);
        if (length > RECORD_BYTES_MAX) {
            throw new TlsException(
                    "record of " + length + " bytes, limit " + RECORD_BYTES_MAX);
        }
        byte[] record = partial;
        if (record == null) {
            record = new byte[length];
            System.arraycopy(header, 0, record, 0, HEADER_BYTES);
            partial = record;
            filled = HEADER_BYTES;
        }
        int count = Math.min(length - filled, in.remaining());
        in.get(record, filled, count);
        filled += count;
        if (filled < length) {
            return null;
        }
        partial = null;
        headerBytes = 0;
        return ByteBuffer.wrap(record);
    }

    private void unwrap(ByteBuffer record, Receiver receiver) throws TlsException, YamuxException {
        try {
            while (record.hasRemaining() && !closed) {
                ByteBuffer plain = buffers.opened();
                int before = record.remaining();
                SSLEngineResult result = engine.unwrap(record, plain);
                if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                    throw new TlsException("remote side closed the connection");
                }
                if (plain.position() > 0) {
                    receiver.onPlain(plain.flip());
                }
                boolean moved = !closed && proceed();
                if (!moved && record.remaining() == before && plain.position() == 0) {
                    throw new TlsException("record makes no sense here");
                }
            }
        } catch (SSLException e) {
            sendAlert();
            throw new TlsException("TLS failed: " + rootMessage(e), e);
        }
    }

    /** Does what the engine asks for; true if it asked for anything. */
    private boolean proceed() throws SSLException {
        boolean moved = false;
        for (;;) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> {
                    for (Runnable task = engine.getDelegatedTask(); task != null; task = engine
                            .getDelegatedTask()) {
                        task.run();
                    }
                }
                case NEED_WRAP -> wrap(NOTHING.duplicate());
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> {
                    return moved;
                }
            }
            moved = true;
        }
    }

    private SSLEngineResult wrap(ByteBuffer plain) throws SSLException {
        ByteBuffer sealed = buffers.sealed();
        SSLEngineResult result = engine.wrap(plain, sealed);
        if (result.bytesProduced() > 0) {
            link.write(sealed.flip());
            if (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING
                    || result.bytesConsumed() == 0) {
                link.flush();
            }
        }
        return result;
    }

    /** Netty's own message names no reason. */
    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    /** Tells the remote side why, as far as the engine has a word for it. */
    private void sendAlert() {
        try {
            SSLEngineResult ignored = wrap(NOTHING.duplicate());
        } catch (SSLException e) {
            // It had nothing to say.
        }
    }

    @Override
    public void send(ByteBuffer plain) {
        try {
            while (plain.hasRemaining() && !closed) {
                ByteBuffer part = plain.slice(plain.position(),
                        Math.min(PLAIN_BYTES_MAX, plain.remaining()));
                int before = part.remaining();
                SSLEngineResult result = wrap(part);
                if (result.getStatus() != SSLEngineResult.Status.OK || part.remaining() == before) {
                    throw new SSLException("nothing was sealed: " + result);
                }
                plain.position(plain.position() + before - part.remaining());
            }
        } catch (SSLException e) {
            // The remote side will see the link end in the middle of a record.
            link.close();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (!busy) {
            ReferenceCountUtil.release(engine);
        }
    }
}
