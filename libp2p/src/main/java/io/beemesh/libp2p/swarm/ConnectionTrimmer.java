package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.peer.PeerId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The connection manager: above the high water mark it closes connections down to the low one, those
 * without streams first, then the youngest that are past their grace; never those of protected peers.
 */
final class ConnectionTrimmer {
    private final SwarmConfig config;
    private final LongSupplier nanoTime;
    private final Set<PeerId> protectedPeers = new HashSet<>();

    ConnectionTrimmer(SwarmConfig config, LongSupplier nanoTime) {
        this.config = config;
        this.nanoTime = nanoTime;
    }

    void protect(PeerId peer, boolean isProtected) {
        if (isProtected) {
            protectedPeers.add(peer);
        } else {
            protectedPeers.remove(peer);
        }
    }

    void trim(Map<PeerId, Peer> peers, int connections) {
        if (connections <= config.connectionsHigh()) {
            return;
        }
        long now = nanoTime.getAsLong();
        List<Peer.Link> candidates = new ArrayList<>();
        peers.forEach((id, peer) -> {
            if (!protectedPeers.contains(id)) {
                peer.links().stream()
                        .filter(link -> now - link.sinceNanos() > config.grace().toNanos())
                        .forEach(candidates::add);
            }
        });
        candidates.sort(
                Comparator.<Peer.Link>comparingInt(link -> link.connection().streamCount())
                        .thenComparingLong(link -> now - link.sinceNanos()));
        candidates.stream()
                .limit(connections - config.connectionsLow())
                .forEach(link -> link.connection().close());
    }
}
