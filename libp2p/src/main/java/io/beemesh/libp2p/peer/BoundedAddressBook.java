package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.Multiaddr;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.function.LongSupplier;

/**
 * An address book in memory; used on the loop only. What was added and what was heard have the same
 * bounds each. Of peers, the one not told of for longest leaves first; of a peer's addresses, the one not
 * told for longest.
 */
public final class BoundedAddressBook implements AddressBook {
    /** The usual bound on peers, about 1 kB each. */
    public static final int PEERS_MAX = 4096;

    /** The usual bound on the addresses of one peer. */
    public static final int ADDRESSES_PER_PEER_MAX = 16;

    private final LongSupplier nanoTime;
    private final int peersMax;
    private final int addressesPerPeerMax;
    private final SequencedMap<PeerId, Long> sequences = new LinkedHashMap<>();
    private final Part added = new Part();
    private final Part heard = new Part();

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
        added.add(peer, addresses, timeToLive);
    }

    @Override
    public boolean addSigned(PeerRecord signed, Duration timeToLive) {
        Long latest = sequences.get(signed.peer());
        if (latest != null && Long.compareUnsigned(signed.sequence(), latest) < 0) {
            return false;
        }
        sequences.putLast(signed.peer(), signed.sequence());
        dropOldest(sequences, peersMax);
        add(signed.peer(), signed.addresses(), timeToLive);
        return true;
    }

    @Override
    public void hear(PeerId peer, List<Multiaddr> addresses, Duration timeToLive) {
        // The first of a list is the best, and the last to be added comes first.
        heard.add(peer, addresses.reversed(), timeToLive);
    }

    @Override
    public List<Multiaddr> addresses(PeerId peer) {
        SequencedSet<Multiaddr> all = new LinkedHashSet<>(added.addresses(peer));
        all.addAll(heard.addresses(peer).reversed());
        return new ArrayList<>(all);
    }

    @Override
    public List<Multiaddr> added(PeerId peer) {
        return added.addresses(peer);
    }

    /** How many peers have addresses, expired ones included; one that was added and heard of counts twice. */
    public int size() {
        return added.peers.size() + heard.peers.size();
    }

    /** Deadlines by address by peer. */
    private final class Part {
        private final SequencedMap<PeerId, SequencedMap<Multiaddr, Long>> peers = new LinkedHashMap<>();

        void add(PeerId peer, List<Multiaddr> addresses, Duration timeToLive) {
            long deadline = nanoTime.getAsLong() + timeToLive.toNanos();
            SequencedMap<Multiaddr, Long> known = peers.remove(peer);
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

        List<Multiaddr> addresses(PeerId peer) {
            SequencedMap<Multiaddr, Long> known = peers.get(peer);
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
    }

    private static <K, V> void dropOldest(SequencedMap<K, V> map, int max) {
        if (map.size() > max) {
            map.pollFirstEntry();
        }
    }
}
