package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.yamux.YamuxException;
import io.beemesh.libp2p.yamux.YamuxSession;
import io.beemesh.libp2p.yamux.YamuxStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Yamux over a secured link. Writes of one turn of the loop leave in as few messages as fit. */
final class MuxedConnection implements Connection, YamuxSession.Listener {
    private final UpgradeContext context;
    private final RawLink link;
    private final SecureChannel channel;
    private final PublicKey remoteKey;
    private final Multiaddr remoteAddress;
    private final boolean inbound;
    private final YamuxSession session;
    private final List<Runnable> closedListeners = new ArrayList<>(2);
    private @Nullable Consumer<ByteStream> streamListener;
    private Loop.@Nullable Timer pingTimer;
    private boolean flushPlanned;
    private boolean closed;

    MuxedConnection(
            UpgradeContext context,
            RawLink link,
            SecureChannel channel,
            PublicKey remoteKey,
            Multiaddr remoteAddress,
            boolean inbound) {
        this.context = context;
        this.link = link;
        this.channel = channel;
        this.remoteKey = remoteKey;
        this.remoteAddress = remoteAddress;
        this.inbound = inbound;
        this.session = new YamuxSession(context.loop(), context.yamux(), context.budget(), !inbound,
                this);
    }

    void start() {
        ping();
    }

    private void ping() {
        if (closed) {
            return;
        }
        if (session.ping()) {
            pingTimer = context.loop().schedule(context.yamux().pingInterval(), this::ping);
        } else {
            end("the remote side does not answer pings");
        }
    }

    @Override
    public PublicKey remoteKey() {
        return remoteKey;
    }

    @Override
    public Multiaddr remoteAddress() {
        return remoteAddress;
    }

    @Override
    public boolean isInbound() {
        return inbound;
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
    public void onStream(Consumer<ByteStream> listener) {
        streamListener = listener;
    }

    @Override
    public void onClosed(Runnable listener) {
        if (closed) {
            listener.run();
        } else {
            closedListeners.add(listener);
        }
    }

    @Override
    public void close() {
        if (!closed) {
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
        if (!closed) {
            session.goAway(true);
            flush();
            end(reason);
        }
    }

    /** Ends the connection without a word. */
    void end(String reason) {
        if (closed) {
            return;
        }
        closed = true;
        if (pingTimer != null) {
            pingTimer.cancel();
        }
        session.close(reason);
        link.close();
        closedListeners.forEach(Runnable::run);
        closedListeners.clear();
    }

    @Override
    public void onStream(YamuxStream stream) {
        if (streamListener == null) {
            stream.reset();
        } else {
            streamListener.accept(stream);
        }
    }

    @Override
    public void onOutput() {
        if (!flushPlanned && !closed) {
            flushPlanned = true;
            context.loop().execute(this::flush);
        }
    }

    void flush() {
        flushPlanned = false;
        if (closed) {
            return;
        }
        byte[] plain = context.buffers().plainOut;
        while (link.isWritable() && session.hasOutput()) {
            ByteBuffer out = ByteBuffer.wrap(plain);
            session.pull(out);
            if (out.position() > 0) {
                channel.send(plain, out.position());
            }
        }
        link.flush();
    }
}
