package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Opens a stream, and does not wait for it for ever. */
final class StreamOpening {
    private StreamOpening() {}

    static CompletableFuture<ByteStream> start(Loop loop, Connection connection, Duration limit) {
        CompletableFuture<ByteStream> opened = connection.openStream();
        if (!opened.isDone()) {
            Loop.Timer deadline = loop.schedule(limit, () -> opened.completeExceptionally(
                    new Libp2pException("the peer lets no more streams be opened")));
            opened.whenComplete((stream, failure) -> deadline.cancel());
        }
        return opened;
    }
}
