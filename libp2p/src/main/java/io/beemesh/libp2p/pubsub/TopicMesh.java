package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.peer.PeerId;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;

/** The peers that get every message of one topic, and those that may not be grafted for a while. */
final class TopicMesh {
    final String topic;
    final SequencedSet<PeerId> peers = new LinkedHashSet<>();
    private final Map<PeerId, Long> backoffUntilNanos = new HashMap<>();

    TopicMesh(String topic) {
        this.topic = topic;
    }

    void backoff(PeerId peer, long untilNanos) {
        backoffUntilNanos.merge(peer, untilNanos, (a, b) -> a - b > 0 ? a : b);
    }

    boolean isInBackoff(PeerId peer, long nowNanos) {
        Long until = backoffUntilNanos.get(peer);
        return until != null && until - nowNanos > 0;
    }

    void dropBackoffs(long nowNanos) {
        backoffUntilNanos.values().removeIf(until -> until - nowNanos <= 0);
    }
}
