package io.beemesh.libp2p.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Heap;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.NetworkCounters;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Gossip among many subscribers. Without faults each of them gets every message exactly once; with 5 % of
 * all writes lost for good, each with its stream, at least 99.99 % arrive within 10 heartbeats, and none
 * twice.
 *
 * <p>The long form by one command from the root of the repository:
 *
 * <pre>
 * JDK_JAVA_OPTIONS=-Xmx12g mvn -pl libp2p -am test -Dtest=GossipsubSimulationTest -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Dgossip.peers=10000 -Dgossip.messages=100 -Dgossip.seed=1
 * </pre>
 */
final class GossipsubSimulationTest {
    private static final int DIALS = 8;
    private static final int DATA_BYTES = 600;

    private final int peers = Integer.getInteger("gossip.peers", 80);
    private final int messages = Integer.getInteger("gossip.messages", 60);
    private final long seed = Long.getLong("gossip.seed", 1);
    private final Map<MessageId, Long> publishedNanos = new HashMap<>();

    private PubsubNetwork run(NetworkConditions faults) {
        PubsubNetwork net = new PubsubNetwork(seed, NetworkConditions.wan());
        net.grow(peers, DIALS, GossipsubConfig.defaults());
        net.simulation.run(Duration.ofSeconds(15));
        net.network.conditions(faults);
        for (int i = 0; i < messages; i++) {
            PubsubNetwork.Peer publisher = net.peers.get(net.random.nextInt(peers));
            publishedNanos.put(net.publish(publisher, new byte[DATA_BYTES]),
                    net.simulation.nanoTime());
            net.simulation.run(Duration.ofMillis(50));
        }
        net.simulation.run(Duration.ofSeconds(11));
        return net;
    }

    /** Deliveries, the author's own included, within 10 heartbeats. */
    private long inTime(PubsubNetwork net) {
        long limit = GossipsubConfig.defaults().heartbeat().toNanos() * 10;
        return net.peers.stream().mapToLong(peer -> peer.receivedNanos.entrySet().stream()
                .filter(entry -> entry.getValue()
                        - publishedNanos.getOrDefault(entry.getKey(), 0L) <= limit)
                .count())
                .sum();
    }

    private void report(String name, PubsubNetwork net) {
        long[] took = net.peers.stream()
                .flatMap(peer -> peer.receivedNanos.entrySet().stream()
                        .map(entry -> (entry.getValue()
                                - publishedNanos.getOrDefault(entry.getKey(), 0L)) / 1_000_000))
                .mapToLong(Long::longValue).sorted().toArray();
        long[] duplicates = new long[1];
        net.peers.forEach(
                peer -> peer.run(() -> duplicates[0] += peer.pubsub.status().duplicates()));
        NetworkCounters counters = net.network.counters();
        double deliveries = (double) peers * messages;
        System.out.printf(
                "seed=%d %s peers=%d messages=%d delivered=%d of %.0f in time=%d ms p50=%d p99=%d max=%d%n",
                seed, name, peers, messages, took.length, deliveries, inTime(net),
                took[took.length / 2],
                took[took.length * 99 / 100], took[took.length - 1]);
        int[] hops = net.peers.stream().flatMap(peer -> peer.hops.values().stream())
                .mapToInt(Integer::intValue).sorted().toArray();
        System.out.printf("seed=%d hops mean=%.2f p50=%d p99=%d max=%d%n", seed,
                Arrays.stream(hops).average().orElseThrow(), hops[hops.length / 2],
                hops[hops.length * 99 / 100], hops[hops.length - 1]);
        System.out.printf(
                "seed=%d duplicates per delivery=%.2f bytes per delivery=%.0f heap bytes per peer=%d overtaken=%d; %s%n",
                seed, duplicates[0] / deliveries, counters.bytes() / deliveries,
                Heap.bytesInUse() / peers, overtaken(net), counters);
    }

    /**
     * Messages that came before one that was published earlier. A connection carries gossip on one stream each way,
     * so it is on different ways that messages overtake each other.
     */
    private long overtaken(PubsubNetwork net) {
        long count = 0;
        for (PubsubNetwork.Peer peer : net.peers) {
            long latest = Long.MIN_VALUE;
            for (PubsubMessage message : peer.received) {
                long published = publishedNanos.getOrDefault(message.id(), 0L);
                count += published < latest ? 1 : 0;
                latest = Math.max(latest, published);
            }
        }
        return count;
    }

    private static int twice(PubsubNetwork net) {
        return net.peers.stream().mapToInt(peer -> peer.twice).sum();
    }

    @Test
    void publish_noFaults_reachesEverySubscriberExactlyOnce() {
        PubsubNetwork net = run(NetworkConditions.wan());
        report("without faults", net);
        assertThat(net.peers).allSatisfy(
                peer -> assertThat(peer.receivedNanos.keySet()).isEqualTo(publishedNanos.keySet()));
        assertThat(twice(net)).isZero();
        NetworkCounters counters = net.network.counters();
        assertThat(counters.broken() + counters.delayed()).isZero();
        assertThat(overtaken(net)).isPositive();
        // Of pairs between 5 and 100 ms, with up to 5 ms of jitter.
        assertThat(counters.latencyNanosMean()).isBetween(45_000_000L, 65_000_000L);
    }

    @Test
    void publish_retransmissions_reachesEverySubscriberExactlyOnce() {
        PubsubNetwork net = run(NetworkConditions.wan().withLoss(0.05, 0));
        report("5 % sent again", net);
        assertThat(net.peers).allSatisfy(
                peer -> assertThat(peer.receivedNanos.keySet()).isEqualTo(publishedNanos.keySet()));
        assertThat(twice(net)).isZero();
        NetworkCounters counters = net.network.counters();
        assertThat(counters.delayed() / (double) counters.sendings()).isBetween(0.03, 0.06);
        assertThat(overtaken(net)).isPositive();
    }

    @Test
    void publish_writesLost_reachesAlmostAllInTenHeartbeats() {
        PubsubNetwork net = run(NetworkConditions.wan().withLoss(0, 0.05));
        report("5 % lost", net);
        NetworkCounters counters = net.network.counters();
        assertThat(twice(net)).isZero();
        assertThat(inTime(net)).isGreaterThanOrEqualTo((long) Math.ceil(0.9999 * peers * messages));
        assertThat(counters.broken() / (double) counters.writes()).isBetween(0.03, 0.06);
        assertThat(overtaken(net)).isPositive();
    }

    @Test
    void run_sameSeed_isTheSame() {
        assertThat(trace(3)).isEqualTo(trace(3)).isNotEqualTo(trace(4));
    }

    /** Who received what when, under losses, and all that the network did. */
    private static String trace(long seed) {
        PubsubNetwork net = new PubsubNetwork(seed, NetworkConditions.wan().withLoss(0.05, 0.02));
        net.grow(30, DIALS, GossipsubConfig.defaults());
        net.simulation.run(Duration.ofSeconds(5));
        for (int i = 0; i < 20; i++) {
            net.publish(net.peers.get(i), new byte[DATA_BYTES]);
            net.simulation.run(Duration.ofMillis(50));
        }
        net.simulation.run(Duration.ofSeconds(5));
        StringBuilder trace = new StringBuilder();
        for (PubsubNetwork.Peer peer : net.peers) {
            peer.received.forEach(message -> trace.append(message.id()).append('@')
                    .append(peer.receivedNanos.get(message.id())).append(' '));
        }
        return trace.append(net.network.counters()).toString();
    }
}
