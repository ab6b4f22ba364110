package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** How members of a group ask each other. From any thread. */
public interface PeerLink {
    /** The longest question and answer, in bytes. */
    int MESSAGE_BYTES_MAX = 60 * 1024;

    /** Answers a question; a future that fails lets the asker know why. */
    interface Responder {
        CompletableFuture<byte[]> answer(PeerId peer, byte[] question);
    }

    /** Asks; fails if there is no answer in time, or no way there. */
    CompletableFuture<byte[]> ask(PeerId peer, byte[] question, Duration limit);

    /** Serves others from now on. */
    void serve(Responder responder);
}
