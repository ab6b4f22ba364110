package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** An inbound connection that can be closed and no more: nobody opens streams on it. */
public final class IdleConnection implements Connection {
    private final PublicKey key;
    private final Multiaddr address;
    private final List<Runnable> listeners = new ArrayList<>();
    private boolean closed;

    public IdleConnection(PublicKey key, Multiaddr address) {
        this.key = key;
        this.address = address;
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public PublicKey remoteKey() {
        return key;
    }

    @Override
    public Multiaddr remoteAddress() {
        return address;
    }

    @Override
    public boolean isInbound() {
        return true;
    }

    @Override
    public CompletableFuture<ByteStream> openStream() {
        return new CompletableFuture<>();
    }

    @Override
    public int streamCount() {
        return 0;
    }

    @Override
    public void onStream(Consumer<ByteStream> listener) {
        // Nobody opens any.
    }

    @Override
    public void onClosed(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            List.copyOf(listeners).forEach(Runnable::run);
        }
    }

    @Override
    public boolean acceptsStreams() {
        return !closed;
    }
}
