package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PublicKey;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A connection through a relay: as any other, but that it may be limited. */
record CircuitConnection(Connection inner, RelayLimit limit) implements Connection {
    @Override
    public PublicKey remoteKey() {
        return inner.remoteKey();
    }

    @Override
    public Multiaddr remoteAddress() {
        return inner.remoteAddress();
    }

    @Override
    public boolean isInbound() {
        return inner.isInbound();
    }

    @Override
    public CompletableFuture<ByteStream> openStream() {
        return inner.openStream();
    }

    @Override
    public int streamCount() {
        return inner.streamCount();
    }

    @Override
    public void onStream(Consumer<ByteStream> listener) {
        inner.onStream(listener);
    }

    @Override
    public void onClosed(Runnable listener) {
        inner.onClosed(listener);
    }

    @Override
    public void close() {
        inner.close();
    }

    @Override
    public boolean isLimited() {
        return limit.isLimited();
    }

    @Override
    public boolean acceptsStreams() {
        return inner.acceptsStreams();
    }
}
