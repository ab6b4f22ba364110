package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Keeps the first address of each peer, as the object that its host has: thousands of books share it. */
final class SimulatedAddressBook implements AddressBook {
    static final int PEERS_MAX = 4_000;

    private final SimulatedNetwork network;
    private final SimulatedLoop loop;
    private final SequencedMap<PeerId, Entry> entries = new LinkedHashMap<>();

    private record Entry(List<Multiaddr> addresses, long untilNanos) {}

    SimulatedAddressBook(SimulatedNetwork network, SimulatedLoop loop) {
        this.network = network;
        this.loop = loop;
    }

    @Override
    public void add(PeerId peer, List<Multiaddr> addresses, Duration timeToLive) {
        if (addresses.isEmpty()) {
            return;
        }
        SimulatedHost host = network.at(addresses.getFirst());
        if (host != null && host.peerId().equals(peer)) {
            put(host.peerId(), host.listenAddresses(), timeToLive);
        } else {
            put(peer, List.of(addresses.getFirst()), timeToLive);
        }
    }

    /** What a connection from {@code host} tells. */
    void learn(SimulatedHost host) {
        put(host.peerId(), host.listenAddresses(), Duration.ofMinutes(30));
    }

    private void put(PeerId peer, List<Multiaddr> addresses, Duration timeToLive) {
        entries.remove(peer);
        if (entries.size() >= PEERS_MAX) {
            entries.pollFirstEntry();
        }
        entries.put(peer, new Entry(addresses, loop.nanoTime() + timeToLive.toNanos()));
    }

    @Override
    public List<Multiaddr> addresses(PeerId peer) {
        @Nullable
        Entry entry = entries.get(peer);
        if (entry == null) {
            return List.of();
        }
        if (entry.untilNanos - loop.nanoTime() < 0) {
            entries.remove(peer);
            return List.of();
        }
        return entry.addresses;
    }
}
