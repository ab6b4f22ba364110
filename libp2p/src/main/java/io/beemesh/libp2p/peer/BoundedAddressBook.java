package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.Multiaddr;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * An address book in memory; used on the loop only. Of peers, the one not added to for longest leaves
 * first; of a peer's addresses, the one not added for longest.
 */
public final class BoundedAddressBook implements AddressBook {
    /** The usual bound on peers, about 1 kB each. */
    public static final int PEERS_MAX = 4096;

    /** The usual bound on the addresses of one peer. */
    public static final int ADDRESSES_PER_PEER_MAX = 16;

    private final LongSupplier nanoTime;
    private final int peersMax;
    private final int addressesPerPeerMax;
    private final Map<PeerId, Map<Multiaddr, Long>> peers = new LinkedHashMap<>();

    /** A book with the usual bounds on {@code nanoTime}, the loop's monotonic time. */
    public BoundedAddressBook(LongSupplier nanoTime) {
        this(nanoTime, PEERS_MAX, ADDRESSES_PER_PEER_MAX);
    }

    public BoundedAddressBook(LongSupplier nanoTime, int peersMax, int addressesPerPeerMax) {
        this.nanoTime = nanoTime;
        this.peersMax = peersMax;
        this.addressesPerPeerMax = addressesPerPeerMax;
    }

    @Override
    public void add(PeerId peer, List<Multiaddr> addresses, Duration timeToLive) {
        long deadline = nanoTime.getAsLong() + timeToLive.toNanos();
        Map<Multiaddr, Long> known = peers.remove(peer);
        if (known == null) {
            known = new LinkedHashMap<>();
        }
        for (Multiaddr address : addresses) {
            Long before = known.remove(address);
            known.put(address, before != null && before - deadline > 0 ? before : deadline);
            dropOldest(known, addressesPerPeerMax);
        }
        if (!known.isEmpty()) {
            peers.put(peer, known);
            dropOldest(peers, peersMax);
        }
    }

    @Override
    public List<Multiaddr> addresses(PeerId peer) {
        Map<Multiaddr, Long> known = peers.get(peer);
        if (known == null) {
            return List.of();
        }
        long now = nanoTime.getAsLong();
        known.values().removeIf(deadline -> deadline - now <= 0);
        if (known.isEmpty()) {
            peers.remove(peer);
        }
        return new ArrayList<>(known.keySet());
    }

    /** How many peers have addresses, expired ones included. */
    public int size() {
        return peers.size();
    }

    private static <K, V> void dropOldest(Map<K, V> map, int max) {
        if (map.size() > max) {
            Iterator<K> oldest = map.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }
}
