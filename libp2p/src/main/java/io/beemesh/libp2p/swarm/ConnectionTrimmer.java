package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.peer.PeerId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The connection manager. It refuses inbound connections beyond the bounds, of all and of one address. Above the
 * high water mark it closes connections down to the low one: those without streams first, of them those of the
 * address that has most, then the youngest; only if past their grace, and never those of protected peers.
 */
final class ConnectionTrimmer {
    /**
     * One that may be closed.
     *
     * @param rank how many of its address are older, itself counted
     */
    private record Candidate(Peer.Link link, int streams, int rank) {}

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

    /** Why one more inbound connection is refused, or empty. */
    String refusal(Map<PeerId, Peer> peers, Connection newcomer) {
        AddressPart from = AddressGroup.of(newcomer.remoteAddress());
        int all = 0;
        int ofAddress = 0;
        for (Peer peer : peers.values()) {
            for (Peer.Link link : peer.links()) {
                all++;
                ofAddress += link.connection().isInbound() && link.from().equals(from) ? 1 : 0;
            }
        }
        if (all >= config.connectionsMax()) {
            return "too many connections";
        }
        return AddressGroup.isRemote(from) && ofAddress >= config.connectionsPerAddressMax()
                ? "too many connections of this address"
                : "";
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
        candidates.sort(Comparator.comparingLong(Peer.Link::sinceNanos));
        Map<AddressPart, Integer> crowds = new HashMap<>();
        List<Candidate> ranked = new ArrayList<>();
        for (Peer.Link link : candidates) {
            int rank = crowds.merge(link.from(), 1, Integer::sum);
            ranked.add(new Candidate(link, link.connection().streamCount(), rank));
        }
        ranked.sort(Comparator.comparingInt(Candidate::streams)
                .thenComparing(Comparator.comparingInt(Candidate::rank).reversed())
                .thenComparingLong(it -> now - it.link.sinceNanos()));
        ranked.stream()
                .limit(connections - config.connectionsLow())
                .forEach(it -> it.link.connection().close());
    }
}
