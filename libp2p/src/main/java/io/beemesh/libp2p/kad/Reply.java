package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.multiformats.Multiaddr;
import java.time.Duration;

/** What became of a request. */
sealed interface Reply {
    /**
     * The peer answered.
     *
     * @param from where its connection comes from or goes to: nothing that it claims
     */
    record Answer(KadMessage message, Multiaddr from) implements Reply {}

    /**
     * The peer did not answer.
     *
     * @param gone it could not be reached, kept silent or answered nonsense: it is not there, or a dial was
     *     lost; else only the stream was
     */
    record Failure(boolean gone, String why) implements Reply {}

    /** Nothing was sent, and nothing was learned of the peer: it is dialed again only after a while. */
    record NotAsked(Duration retryAfter) implements Reply {}
}
