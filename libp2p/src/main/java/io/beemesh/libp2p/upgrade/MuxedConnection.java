package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.yamux.YamuxException;
import io.beemesh.libp2p.yamux.YamuxSession;
import io.beemesh.libp2p.yamux.YamuxStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Yamux over a secured link. Writes of one turn of the loop leave in as few messages as fit. */
final class MuxedConnection extends ProvenConnection implements YamuxSession.Listener {
    private final UpgradeContext context;
    private final RawLink link;
    private final SecureChannel channel;
    private final YamuxSession session;
    private Loop.@Nullable Timer pingTimer;
    private boolean flushPlanned;

    MuxedConnection(
            UpgradeContext context,
            RawLink link,
            SecureChannel channel,
            PublicKey remoteKey,
            Multiaddr remoteAddress,
            boolean inbound) {
        super(remoteKey, remoteAddress, inbound);
        this.context = context;
        this.link = link;
        this.channel = channel;
        this.session = new YamuxSession(context.loop(), context.yamux(), context.budget(), !inbound,
                this);
    }

    void start() {
        ping();
    }

    private void ping() {
        if (isClosed()) {
            return;
        }
        if (session.ping()) {
            pingTimer = context.loop().schedule(context.yamux().pingInterval(), this::ping);
        } else {
            end("the remote side does not answer pings");
        }
    }

    @Override
    public CompletableFuture<ByteStream> openStream() {
        try {
            return CompletableFuture.completedFuture(session.open());
        } catch (Libp2pException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public int streamCount() {
        return session.streamCount();
    }

    @Override
    public boolean acceptsStreams() {
        return session.acceptsStreams();
    }

    @Override
    public void close() {
        if (!isClosed()) {
            session.goAway(false);
            flush();
            end("closed by this side");
        }
    }

    /** Opened bytes from the remote side. */
    void onPlain(ByteBuffer plain) throws YamuxException {
        session.feed(plain);
    }

    /** The remote side broke the protocol: it is told, and the connection ends. */
    void fail(String reason) {
        if (!isClosed()) {
            session.goAway(true);
            flush();
            end(reason);
        }
    }

    /** Ends the connection without a word. */
    void end(String reason) {
        endOnce(() -> {
            if (pingTimer != null) {
                pingTimer.cancel();
            }
            session.close(reason);
            link.close();
        });
    }

    @Override
    public void onStream(YamuxStream stream) {
        offer(stream);
    }

    @Override
    public void onOutput() {
        if (!flushPlanned && !isClosed()) {
            flushPlanned = true;
            context.loop().execute(this::flush);
        }
    }

    void flush() {
        flushPlanned = false;
        if (isClosed()) {
            return;
        }
        while (link.isWritable() && session.hasOutput()) {
            ByteBuffer out = context.buffers().toSeal();
            session.pull(out);
            if (isClosed()) {
                return; // by who was told that its bytes have left
            }
            if (out.position() > 0) {
                channel.send(out.flip());
            }
        }
        link.flush();
    }
}
