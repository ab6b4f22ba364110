package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.Heap;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.NetworkCounters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Lookups among peers that come and go, over a network that loses: at least 99.9 % must return the exact
 * k closest living peers.
 *
 * <p>The long form, 10,000 peers, by one command from the root of the repository:
 *
 * <pre>
 * JDK_JAVA_OPTIONS=-Xmx12g mvn -pl libp2p -am test -Dtest=KademliaSimulationTest -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Dkad.peers=10000 -Dkad.minutes=10 -Dkad.lookups=10000 -Dkad.seed=1
 * </pre>
 *
 * <p>With {@code -Dkad.given=true} the tables are given instead of joined for, see
 * {@link KadNetwork#found}: that makes larger networks possible. Those that come later join.
 *
 * <p>Of every 100 writes 5 are lost: 4.5 are sent again, 0.5 are lost with their stream. One peer in a
 * hundred leaves a minute, half of them without a word, and as many join. A lookup is exact if its result
 * is the k closest of the peers that had joined before it began and lived until it ended; those that
 * joined or left meanwhile may be in it or not.
 */
final class KademliaSimulationTest {
    private static final double DELAYED = 0.045;
    private static final double BROKEN = 0.005;

    private final int peers = Integer.getInteger("kad.peers", 300);
    private final int minutes = Integer.getInteger("kad.minutes", 3);
    private final int lookups = Integer.getInteger("kad.lookups", 1_500);
    private final long seed = Long.getLong("kad.seed", 1);
    private final boolean given = Boolean.getBoolean("kad.given");

    private final KadNetwork net = new KadNetwork(seed,
            NetworkConditions.wan().withLoss(DELAYED, BROKEN).withConnectionsMax(300),
            KadNetwork.CONFIG);
    private final RandomGenerator random = net.simulation.newRandom();
    private final Map<PeerId, KadNetwork.Peer> everyone = new HashMap<>();
    private final List<LookupResult> results = new ArrayList<>();
    private int wrong;
    private int abandoned;
    private int left;
    private int started;

    @Test
    void lookups_churnAndLoss_returnTheExactClosest() {
        long begin = System.nanoTime();
        if (given) {
            net.found(peers);
        } else {
            net.grow(peers);
        }
        net.peers.forEach(peer -> everyone.put(peer.host.peerId(), peer));
        net.simulation.run(Duration.ofMinutes(1));
        NetworkCounters counters = net.network.counters();
        System.out.printf("seed=%d peers=%d %s wall=%ds heap bytes per peer=%d %s%n", seed,
                peers, given ? "given" : "joined", seconds(begin), Heap.bytesInUse() / peers,
                counters);
        long writesBefore = counters.writes();
        long bytesBefore = counters.bytes();
        net.simulation.newLoop().run(this::planChurn);
        planLookup();
        net.simulation.run(Duration.ofMinutes(minutes));
        net.simulation.runUntil(() -> results.size() + abandoned == started, Duration.ofMinutes(5));
        report(begin, writesBefore, bytesBefore, counters);

        assertThat(left).isGreaterThanOrEqualTo(peers * minutes / 100 - 2);
        assertThat(counters.delayed() / (double) counters.sendings()).isBetween(0.04, 0.05);
        assertThat(counters.broken() / (double) (counters.writes() + counters.dials()))
                .isBetween(0.004, 0.006);
        assertThat(counters.reordered()).isPositive();
        assertThat(results).hasSizeGreaterThan(lookups * 9 / 10);
        assertThat(wrong).as("wrong of %s lookups, seed=%s", results.size(), seed)
                .isLessThanOrEqualTo(results.size() / 1_000);
    }

    private static long seconds(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin).toSeconds();
    }

    /** One leaves and one joins, so often that it is one in a hundred a minute. */
    private void planChurn() {
        Duration interval = Duration.ofMinutes(1).dividedBy(Math.max(1, peers / 100));
        net.simulation.newLoop().schedule(interval, () -> {
            planChurn();
            left++;
            net.remove(net.any(), random.nextBoolean());
            KadNetwork.Peer joined = net.add();
            everyone.put(joined.host.peerId(), joined);
        });
    }

    private void planLookup() {
        Duration interval = Duration.ofMinutes(minutes).dividedBy(lookups);
        net.simulation.newLoop().schedule(interval, () -> {
            if (started < lookups) {
                planLookup();
                startLookup();
            }
        });
    }

    private void startLookup() {
        KadNetwork.Peer asker = net.any();
        if (asker.joinedNanos == Long.MAX_VALUE) {
            return;
        }
        started++;
        byte[] target = new byte[32];
        random.nextBytes(target);
        long startNanos = net.simulation.nanoTime();
        boolean[] over = {false};
        asker.host.loop().run(() -> asker.kademlia.closestPeers(target).thenAccept(result -> {
            over[0] = true;
            results.add(result);
            check(asker, KadKey.of(target), startNanos, result);
        }));
        // An asker that leaves has no result.
        net.simulation.newLoop().schedule(KadNetwork.CONFIG.lookupTimeout().plusSeconds(1), () -> {
            if (!over[0]) {
                assertThat(asker.host.isUp()).isFalse();
                abandoned++;
            }
        });
    }

    private void check(KadNetwork.Peer asker, KadKey target, long startNanos, LookupResult result) {
        List<KadNetwork.Peer> returned = result.closest().stream().map(everyone::get).toList();
        Set<KadNetwork.Peer> meanwhile = new HashSet<>();
        for (KadNetwork.Peer peer : returned) {
            boolean livedMeanwhile = peer.goneNanos > startNanos;
            boolean inBoth = peer.goneNanos == Long.MAX_VALUE && peer.joinedNanos <= startNanos;
            if (livedMeanwhile && !inBoth) {
                meanwhile.add(peer);
            }
        }
        Closest expected = new Closest(target);
        meanwhile.forEach(expected::offer);
        for (KadNetwork.Peer peer : net.peers) {
            boolean stable = peer.joinedNanos <= startNanos && peer != asker;
            if (stable && !meanwhile.contains(peer)) {
                expected.offer(peer);
            }
        }
        if (!returned.equals(expected.inOrder())) {
            wrong++;
        }
    }

    /** The k closest to a target, of all that are offered. */
    private static final class Closest {
        private final Comparator<KadNetwork.Peer> nearest;
        private final PriorityQueue<KadNetwork.Peer> farthestFirst;

        Closest(KadKey target) {
            nearest = (x, y) -> target.compareDistance(x.key, y.key);
            farthestFirst = new PriorityQueue<>(nearest.reversed());
        }

        void offer(KadNetwork.Peer peer) {
            if (farthestFirst.size() < KadNetwork.CONFIG.bucketSize()) {
                farthestFirst.add(peer);
            } else if (nearest.compare(peer, farthestFirst.element()) < 0) {
                farthestFirst.remove();
                farthestFirst.add(peer);
            }
        }

        List<KadNetwork.Peer> inOrder() {
            return farthestFirst.stream().sorted(nearest).toList();
        }
    }

    private void report(long begin, long writesBefore, long bytesBefore, NetworkCounters counters) {
        long[] took = results.stream().mapToLong(result -> result.took().toMillis()).sorted()
                .toArray();
        int[] hops = results.stream().mapToInt(LookupResult::hops).sorted().toArray();
        double requests = results.stream().mapToInt(LookupResult::requests).average().orElseThrow();
        double perPeerSecond = peers * minutes * 60.0;
        System.out.printf(
                "seed=%d peers=%d minutes=%d lookups=%d abandoned=%d wrong=%d left=%d wall=%ds%n",
                seed, peers,
                minutes, results.size(), abandoned, wrong, left, seconds(begin));
        System.out.printf(
                "hops mean=%.2f p50=%d p99=%d max=%d, took ms p50=%d p99=%d max=%d, requests per lookup=%.1f%n",
                Arrays.stream(hops).average().orElseThrow(), hops[hops.length / 2],
                hops[hops.length * 99 / 100],
                hops[hops.length - 1], took[took.length / 2], took[took.length * 99 / 100],
                took[took.length - 1],
                requests);
        System.out.printf("per peer and second: messages=%.2f bytes=%.0f; %s%n",
                (counters.writes() - writesBefore) / perPeerSecond,
                (counters.bytes() - bytesBefore) / perPeerSecond,
                counters);
    }
}
