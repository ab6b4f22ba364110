package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.peer.PeerId;

/** An entry of the routing table: a peer that has answered. */
final class Contact {
    final PeerId id;
    final KadKey key;
    final int group;
    long answeredNanos;
    int failures;

    /** @param group the IP group of where it answered, 0 if there is none */
    Contact(PeerId id, KadKey key, int group, long answeredNanos) {
        this.id = id;
        this.key = key;
        this.group = group;
        this.answeredNanos = answeredNanos;
    }

    /** True if it seemed gone when it was asked last: then it is not named to others. */
    boolean isSuspect() {
        return failures > 1;
    }
}
