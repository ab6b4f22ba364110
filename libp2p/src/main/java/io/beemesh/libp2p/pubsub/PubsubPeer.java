package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.peer.PeerId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What is known of a connected peer that speaks gossipsub. */
final class PubsubPeer {
    static final int TOPICS_MAX = 4_096;
    static final int DONT_WANT_MAX = 4_096;

    final PeerId id;
    /** True if this host dialed the peer. */
    final boolean outbound;
    final Outbox outbox = new Outbox();
    final Set<String> topics = new TreeSet<>();
    /** Ids that the peer does not want, with the heartbeat in which it said so. */
    final SequencedMap<MessageId, Long> dontWant = new LinkedHashMap<>(0);
    @Nullable
    Stream inbound;
    int inboundNumber;
    boolean opening;
    int openFailures;
    boolean knowsDontWant;
    int ihaveReceived;
    int idsAsked;

    PubsubPeer(PeerId id, boolean outbound) {
        this.id = id;
        this.outbound = outbound;
    }

    void dontWant(MessageId message, long heartbeat) {
        dontWant.put(message, heartbeat);
        if (dontWant.size() > DONT_WANT_MAX) {
            dontWant.pollFirstEntry();
        }
    }

    /** Forgets what is older than {@code heartbeat}, and begins to count anew. */
    void heartbeat(long heartbeat) {
        ihaveReceived = 0;
        idsAsked = 0;
        Map.Entry<MessageId, Long> first = dontWant.firstEntry();
        while (first != null && first.getValue() < heartbeat) {
            dontWant.pollFirstEntry();
            first = dontWant.firstEntry();
        }
    }
}
