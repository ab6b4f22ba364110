package io.beemesh.sidecar.stateful;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.Gate;
import io.beemesh.sidecar.stateful.ReplicatedLog.Settled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class LeaseTest {
    private static final PeerId SELF = PrivateKey.fromSeed(new byte[32]).peerId();
    private static final PeerId OTHER = PrivateKey
            .fromSeed(HexFormat.of().parseHex("01".repeat(32)))
            .peerId();
    private static final FenceTiming TIMING = FenceTiming.defaults();

    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();
    private final List<String> told = new ArrayList<>();
    private Optional<Settled> settled = Optional.empty();
    private final Lease lease = new Lease(loop, TIMING, SELF, new PeerLink() {
        @Override
        public CompletableFuture<byte[]> ask(PeerId peer, byte[] question, Duration limit) {
            throw new AssertionError("there is nobody else");
        }

        @Override
        public void serve(Responder responder) {
            throw new AssertionError("nobody asks");
        }
    }, () -> settled);

    {
        lease.add(new Gate.Waiting() {
            @Override
            public void onOpen() {
                told.add("open");
            }

            @Override
            public void onLost() {
                told.add("lost");
            }
        });
    }

    private void voters(long index, Voter... voters) {
        settled = Optional.of(new Settled(0, index, Set.of(voters)));
        loop.run(lease::observe);
    }

    @Test
    void theOnlyVoter_speaksOnceTheHandOverHasPassed_andWhoWaitsIsTold() {
        assertThat(lease.isOpen()).isFalse();
        voters(1, new Voter(0, SELF));
        simulation.run(TIMING.handOver().minusMillis(1));
        assertThat(lease.isOpen()).isFalse();
        simulation.run(Duration.ofSeconds(1));
        assertThat(told).containsExactly("open");
        assertThat(lease.isOpen()).isTrue();
    }

    @Test
    void theLogSaysThatAnotherHasTheOrdinal_itIsLostAtOnce() {
        voters(1, new Voter(0, SELF));
        simulation.run(TIMING.handOver().plusSeconds(1));
        assertThat(lease.isOpen()).isTrue();
        voters(2, new Voter(0, OTHER));
        assertThat(lease.isOpen()).isFalse();
        assertThat(lease.isReplaced()).isTrue();
        assertThat(told).containsExactly("open", "lost");
    }

    @Test
    void anOrdinalThatNeverVotes_speaksWithoutALease() {
        assertThat(lease.isOpen()).isFalse();
        loop.run(lease::spare);
        assertThat(lease.isOpen()).isTrue();
        assertThat(told).containsExactly("open");
    }
}
