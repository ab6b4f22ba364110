package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.peer.PeerId;

/** Decides, on the loop and at once, what becomes of a message before it is delivered and passed on. */
@FunctionalInterface
public interface MessageValidator {
    /** What becomes of a message. */
    enum Verdict {
        /** Delivered and passed on. */
        ACCEPT,
        /** Dropped, without blame for who sent it. */
        IGNORE,
        /** Dropped, and whoever passed it on is scored down (P4). */
        REJECT
    }

    /** Decides about a message that {@code source} passed on. */
    Verdict validate(PubsubMessage message, PeerId source);
}
