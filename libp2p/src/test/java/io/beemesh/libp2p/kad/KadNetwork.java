package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Simulated peers that form one DHT. */
final class KadNetwork {
    static final KadConfig CONFIG = KadConfig.defaults(new ProtocolId("/beemesh/kad/1.0.0"));

    /** Values of namespace {@code n} begin with a sequence number of 4 bytes; the greatest wins. */
    static final Map<String, RecordPolicy> POLICIES = Map.of("n", new RecordPolicy() {
        @Override
        public boolean isValid(byte[] key, byte[] value) {
            return value.length >= 4;
        }

        @Override
        public int select(byte[] key, List<byte[]> values) {
            int best = 0;
            for (int i = 1; i < values.size(); i++) {
                if (sequence(values.get(i)) > sequence(values.get(best))) {
                    best = i;
                }
            }
            return best;
        }

        private int sequence(byte[] value) {
            return ByteBuffer.wrap(value).getInt();
        }
    });

    /** One peer. */
    static final class Peer {
        final SimulatedHost host;
        final Kademlia kademlia;
        final KadKey key;
        int index;
        long joinedNanos = Long.MAX_VALUE;
        long goneNanos = Long.MAX_VALUE;

        Peer(SimulatedHost host, Kademlia kademlia) {
            this.host = host;
            this.kademlia = kademlia;
            this.key = KadKey.of(host.peerId());
        }
    }

    final Simulation simulation;
    final SimulatedNetwork network;
    final RandomGenerator random;
    final List<Peer> peers = new ArrayList<>();
    private final KadConfig config;

    KadNetwork(long seed, NetworkConditions conditions, KadConfig config) {
        this.simulation = new Simulation(seed);
        this.network = new SimulatedNetwork(simulation, conditions);
        this.random = simulation.newRandom();
        this.config = config;
    }

    Peer add() {
        return add(config);
    }

    /** A new peer that begins to join through three others. */
    Peer add(KadConfig itsConfig) {
        return add(itsConfig, () -> {
        });
    }

    private Peer add(KadConfig itsConfig, Runnable joined) {
        Peer peer = newPeer(itsConfig);
        SimulatedHost host = peer.host;
        List<PeerId> seeds = new ArrayList<>();
        for (int i = 0; i < Math.min(3, peers.size()); i++) {
            SimulatedHost seed = peers.get(random.nextInt(peers.size())).host;
            host.addressBook().add(seed.peerId(), seed.listenAddresses(), Duration.ofHours(1));
            seeds.add(seed.peerId());
        }
        host.loop().run(() -> {
            peer.kademlia.start();
            peer.kademlia.bootstrap(seeds).thenRun(() -> {
                peer.joinedNanos = simulation.nanoTime();
                joined.run();
            });
        });
        keep(peer);
        return peer;
    }

    private Peer newPeer(KadConfig itsConfig) {
        SimulatedHost host = network.newHost();
        return new Peer(host, new Kademlia(host, simulation.newRandom(), itsConfig, POLICIES));
    }

    private void keep(Peer peer) {
        peer.index = peers.size();
        peers.add(peer);
    }

    /** Adds so many peers, a tenth of those there are at a time. */
    void grow(int count) {
        int end = peers.size() + count;
        int[] joining = {0};
        while (peers.size() < end) {
            int wave = Math.min(end - peers.size(), 1 + peers.size() / 10);
            joining[0] = wave;
            for (int i = 0; i < wave; i++) {
                Peer ignored = add(config, () -> joining[0]--);
            }
            simulation.runUntil(() -> joining[0] == 0, Duration.ofMinutes(5));
        }
    }

    /**
     * So many peers at once, with the tables that they would have if they had joined long ago: all of a
     * bucket that has no more than k, else k of it at random. Joining costs most of the time of a large
     * simulation, and of the ids and keys in the tables there is one object each.
     */
    void found(int count) {
        for (int i = 0; i < count; i++) {
            Peer peer = newPeer(config);
            peer.host.loop().run(peer.kademlia::start);
            peer.joinedNanos = simulation.nanoTime();
            keep(peer);
        }
        KadKey zero = new KadKey(0, 0, 0, 0);
        List<Peer> sorted = new ArrayList<>(peers);
        sorted.sort((x, y) -> zero.compareDistance(x.key, y.key));
        for (Peer peer : peers) {
            peer.host.loop().run(() -> fill(peer, sorted));
        }
    }

    /** Of the peers that have a prefix in common with it, those whose next bit differs are one bucket. */
    private void fill(Peer peer, List<Peer> sorted) {
        int from = 0;
        int to = sorted.size();
        for (int bit = 0; to - from > 1; bit++) {
            int ones = firstWith(bit, sorted, from, to);
            if (peer.key.bit(bit)) {
                fillBucket(peer, sorted.subList(from, ones));
                from = ones;
            } else {
                fillBucket(peer, sorted.subList(ones, to));
                to = ones;
            }
        }
    }

    private static int firstWith(int bit, List<Peer> sorted, int from, int to) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted.get(middle).key.bit(bit)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private void fillBucket(Peer peer, List<Peer> bucket) {
        int k = config.bucketSize();
        IntStream all = bucket.size() <= k
                ? IntStream.range(0, bucket.size())
                : random.ints(0, bucket.size()).distinct().limit(k);
        all.mapToObj(bucket::get).forEach(other -> {
            peer.host.addressBook().add(other.host.peerId(), other.host.listenAddresses(),
                    Duration.ofHours(1));
            peer.kademlia.know(other.host.peerId(), other.key);
        });
    }

    /** The peer is gone: as by power failure if {@code silent}, else as by kill. */
    void remove(Peer peer, boolean silent) {
        peer.goneNanos = simulation.nanoTime();
        if (silent) {
            network.crash(peer.host);
        } else {
            network.stop(peer.host);
        }
        Peer last = peers.removeLast();
        if (last != peer) {
            peers.set(peer.index, last);
            last.index = peer.index;
        }
    }

    Peer any() {
        return peers.get(random.nextInt(peers.size()));
    }

    /** Runs until the future completes, and returns its value. */
    <T> T await(CompletableFuture<T> future) {
        simulation.runUntil(future::isDone, Duration.ofMinutes(5));
        return future.join();
    }

    /** Calls on the peer's loop and waits for what comes of it. */
    <T> T call(Peer peer, Function<Kademlia, CompletableFuture<T>> operation) {
        CompletableFuture<T> result = new CompletableFuture<>();
        peer.host.loop().run(() -> operation.apply(peer.kademlia).whenComplete((value, failure) -> {
            if (failure != null) {
                result.completeExceptionally(failure);
            } else {
                result.complete(value);
            }
        }));
        return await(result);
    }
}
