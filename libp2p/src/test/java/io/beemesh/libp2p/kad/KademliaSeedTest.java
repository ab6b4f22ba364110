package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.NetworkConditions;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What fails with a seed fails with it again. */
final class KademliaSeedTest {
    private static final int PEERS = 60;
    private static final int LOOKUPS = 20;

    @Test
    void run_sameSeed_isTheSame() {
        assertThat(trace(3)).isEqualTo(trace(3)).isNotEqualTo(trace(4));
    }

    /** Who found whom when, under losses and churn, and all that the network did. */
    private static String trace(long seed) {
        KadNetwork net = new KadNetwork(seed, NetworkConditions.wan().withLoss(0.045, 0.005),
                KadNetwork.CONFIG);
        RandomGenerator random = net.simulation.newRandom();
        net.grow(PEERS);
        StringBuilder trace = new StringBuilder();
        for (int i = 0; i < LOOKUPS; i++) {
            byte[] target = new byte[32];
            random.nextBytes(target);
            KadNetwork.Peer asker = net.any();
            asker.host.loop().run(() -> asker.kademlia.closestPeers(target)
                    .thenAccept(result -> trace.append(net.simulation.nanoTime()).append(' ')
                            .append(result.closest()).append('\n')));
            if (i % 5 == 0) {
                net.remove(net.any(), random.nextBoolean());
                net.add();
            }
            net.simulation.run(Duration.ofSeconds(2));
        }
        net.simulation.run(Duration.ofMinutes(2));
        assertThat(trace.toString().lines()).hasSizeGreaterThan(LOOKUPS / 2);
        return trace.append(net.network.counters()).toString();
    }
}
