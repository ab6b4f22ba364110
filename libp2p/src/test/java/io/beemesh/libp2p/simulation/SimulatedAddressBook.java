package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PeerRecord;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Knows of each peer whether its host's own address is known, and until when: 12 bytes an entry, as a
 * simulation has thousands of books with thousands of entries. Wrong addresses are kept apart, a few. A
 * right address counts as added: see {@link SimulatedNetwork#withRealBooks} for more.
 */
final class SimulatedAddressBook implements AddressBook {
    static final int PEERS_MAX = 4_000;

    private static final int FIRST_SLOTS = 16;
    private static final int WRONG_MAX = 256;

    private final SimulatedNetwork network;
    private final SimulatedLoop loop;
    private final SequencedMap<PeerId, Wrong> wrong = new LinkedHashMap<>(0);

    /** Open addressing with linear probing; at most three quarters full. */
    private @Nullable SimulatedHost[] hosts = new @Nullable SimulatedHost[FIRST_SLOTS];
    private int[] untilSeconds = new int[FIRST_SLOTS];
    private int size;

    private record Wrong(List<Multiaddr> addresses, long untilNanos) {}

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
            put(host, timeToLive);
        } else {
            wrong.put(peer, new Wrong(List.of(addresses.getFirst()),
                    loop.nanoTime() + timeToLive.toNanos()));
            if (wrong.size() > WRONG_MAX) {
                wrong.pollFirstEntry();
            }
        }
    }

    @Override
    public boolean addSigned(PeerRecord signed, Duration timeToLive) {
        add(signed.peer(), signed.addresses(), timeToLive);
        return true;
    }

    @Override
    public void hear(PeerId peer, List<Multiaddr> addresses, Duration timeToLive) {
        for (Multiaddr address : addresses) {
            SimulatedHost host = network.at(address);
            if (host != null && host.peerId().equals(peer)) {
                put(host, timeToLive);
                return;
            }
        }
        if (added(peer).isEmpty()) {
            add(peer, addresses, timeToLive);
        }
    }

    private int now() {
        return (int) (loop.nanoTime() / 1_000_000_000);
    }

    private void put(SimulatedHost host, Duration timeToLive) {
        wrong.remove(host.peerId());
        if (4 * (size + 1) > 3 * hosts.length) {
            rebuild();
        }
        int slot = slot(host.peerId());
        if (hosts[slot] == null) {
            size++;
        }
        hosts[slot] = host;
        untilSeconds[slot] = Math.max(untilSeconds[slot],
                now() + (int) timeToLive.toSeconds() + 1);
    }

    /** Where the peer is, or the free slot where it would be. */
    private int slot(PeerId peer) {
        int mask = hosts.length - 1;
        int hash = peer.hashCode() * 0x9E3779B9;
        int slot = (hash ^ (hash >>> 16)) & mask;
        for (SimulatedHost there = hosts[slot]; there != null
                && !there.peerId().equals(peer); there = hosts[slot]) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** Leaves out what is over, and the next to be over if there is too much all the same. */
    private void rebuild() {
        @Nullable
        SimulatedHost[] before = hosts;
        int[] until = untilSeconds;
        int now = now();
        int alive = 0;
        long sum = 0;
        for (int i = 0; i < before.length; i++) {
            if (before[i] != null && until[i] > now) {
                alive++;
                sum += until[i];
            }
        }
        int from = alive < PEERS_MAX ? now : (int) (sum / alive);
        int slots = FIRST_SLOTS;
        while (slots < 2 * (Math.min(alive, PEERS_MAX) + 1)) {
            slots *= 2;
        }
        hosts = new @Nullable SimulatedHost[slots];
        untilSeconds = new int[slots];
        size = 0;
        for (int i = 0; i < before.length; i++) {
            SimulatedHost host = before[i];
            if (host != null && until[i] > from && 4 * (size + 1) <= 3 * slots) {
                int slot = slot(host.peerId());
                hosts[slot] = host;
                untilSeconds[slot] = until[i];
                size++;
            }
        }
    }

    @Override
    public List<Multiaddr> addresses(PeerId peer) {
        Wrong other = wrong.get(peer);
        if (other != null && other.untilNanos - loop.nanoTime() > 0) {
            return other.addresses;
        }
        return added(peer);
    }

    @Override
    public List<Multiaddr> added(PeerId peer) {
        int slot = slot(peer);
        SimulatedHost host = hosts[slot];
        return host == null || untilSeconds[slot] <= now() ? List.of() : host.listenAddresses();
    }
}
