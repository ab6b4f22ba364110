package io.beemesh.libp2p;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PublicKey;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A secured link to an authenticated peer that carries many streams; used on the loop only. */
public interface Connection {
    /** The peer's proven key. */
    PublicKey remoteKey();

    /** Where the peer is as seen from here, without {@code /p2p}. */
    Multiaddr remoteAddress();

    /** True if the remote peer dialed. */
    boolean isInbound();

    /**
     * Opens a stream, at once unless the peer must first allow one more; completing the future from outside
     * ends the waiting. Fails if the connection is closing or has too many.
     */
    CompletableFuture<ByteStream> openStream();

    /** Streams that are open or not read to their end. */
    int streamCount();

    /** Called for each stream that the remote peer opens. */
    void onStream(Consumer<ByteStream> listener);

    /** Called once when the connection has ended, at once if it has. */
    void onClosed(Runnable listener);

    /** Ends the connection and resets its streams. */
    void close();

    /**
     * True if it goes through a relay that ends it after a time or an amount of data: only protocols
     * named to {@link Host#allowLimited} use it.
     */
    default boolean isLimited() {
        return false;
    }

    /** False once closed, or when the remote peer wants no new streams. */
    boolean acceptsStreams();
}
