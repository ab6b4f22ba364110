package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What every connection has, whatever carries it: a proven peer, and those who hear of streams and its end. */
public abstract class ProvenConnection implements Connection {
    private final PublicKey remoteKey;
    private final Multiaddr remoteAddress;
    private final boolean inbound;
    private final List<Runnable> closedListeners = new ArrayList<>(2);
    private @Nullable Consumer<ByteStream> streamListener;
    private boolean closed;

    protected ProvenConnection(PublicKey remoteKey, Multiaddr remoteAddress, boolean inbound) {
        this.remoteKey = remoteKey;
        this.remoteAddress = remoteAddress;
        this.inbound = inbound;
    }

    @Override
    public final PublicKey remoteKey() {
        return remoteKey;
    }

    @Override
    public final Multiaddr remoteAddress() {
        return remoteAddress;
    }

    @Override
    public final boolean isInbound() {
        return inbound;
    }

    @Override
    public final void onStream(Consumer<ByteStream> listener) {
        streamListener = listener;
    }

    @Override
    public final void onClosed(Runnable listener) {
        if (closed) {
            listener.run();
        } else {
            closedListeners.add(listener);
        }
    }

    protected final boolean isClosed() {
        return closed;
    }

    /** Gives a stream that the remote side opened to who wants such; resets it if nobody does. */
    protected final void offer(ByteStream stream) {
        if (streamListener == null) {
            stream.reset();
        } else {
            streamListener.accept(stream);
        }
    }

    /** The first call releases what the connection holds and tells of its end; later ones do nothing. */
    protected final void endOnce(Runnable release) {
        if (closed) {
            return;
        }
        closed = true;
        release.run();
        closedListeners.forEach(Runnable::run);
        closedListeners.clear();
    }
}
