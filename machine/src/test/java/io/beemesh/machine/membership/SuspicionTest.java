package io.beemesh.machine.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import io.beemesh.protocol.membership.MeshId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SuspicionTest {
    private static PeerId peer(int number) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) number);
        return PrivateKey.fromSeed(seed).peerId();
    }

    @Test
    void deadline_moreAccusers_comesSooner() {
        Suspicion suspicion = new Suspicion(0, 100, 600, 2);
        suspicion.accuse(peer(1));
        assertThat(suspicion.deadlineNanos(0)).isEqualTo(600);
        suspicion.accuse(peer(1));
        assertThat(suspicion.deadlineNanos(0)).isEqualTo(600);
        suspicion.accuse(peer(2));
        assertThat(suspicion.deadlineNanos(0)).isBetween(250L, 300L);
        suspicion.accuse(peer(3));
        assertThat(suspicion.deadlineNanos(0)).isEqualTo(100);
        suspicion.accuse(peer(4));
        assertThat(suspicion.deadlineNanos(7)).isEqualTo(107);
    }

    /** A loop that is stopped for a while, as SIGSTOP or a long collection does. */
    @Test
    void tick_ownPause_nobodyIsSuspected() {
        Simulation simulation = new Simulation(1);
        SimulatedLoop loop = simulation.newLoop();
        PrivateKey root = PrivateKey.fromSeed(new byte[32]);
        MeshId mesh = new MeshId(root.peerId());
        Credentials credentials = new Credentials(certificate(root, mesh, peer(1)),
                simulation::wallTime);
        MemberTable table = new MemberTable(loop, credentials);
        List<Object> said = new ArrayList<>();
        List<PeerId> lost = new ArrayList<>();
        FailureDetector detector = new FailureDetector(loop, simulation.newRandom(),
                MembershipConfig.lan(), table, peer(1), new FailureDetector.Prober() {
                    @Override
                    public CompletableFuture<Boolean> direct(PeerId peer, Duration limit) {
                        return CompletableFuture.completedFuture(false);
                    }

                    @Override
                    public CompletableFuture<Boolean> through(PeerId helper, PeerId peer,
                            Duration limit) {
                        return CompletableFuture.completedFuture(false);
                    }
                }, said::add, lost::add);
        loop.run(() -> {
            table.start();
            table.heard(Objects.requireNonNull(
                    table.learn(certificate(root, mesh, peer(2)), List.of())));
            detector.start();
        });
        simulation.run(Duration.ofSeconds(1));
        // Time passes without the loop: what was due comes late, all at once.
        simulation.pass(Duration.ofSeconds(30));
        simulation.run(Duration.ofMillis(300));

        assertThat(said).isEmpty();
        assertThat(lost).isEmpty();
        assertThat(detector.healthScore()).isEqualTo(1);
        simulation.run(Duration.ofSeconds(20));
        assertThat(said).hasSize(1);
        assertThat(Objects.requireNonNull(table.get(peer(2))).state).isEqualTo(MemberState.DEAD);
        assertThat(lost).containsExactly(peer(2));
    }

    private static MembershipCertificate certificate(PrivateKey root, MeshId mesh, PeerId peer) {
        return MembershipCertificate.issue(root,
                new MembershipCertificate.Fields(mesh, peer, "n", Role.MEMBER,
                        Instant.EPOCH, Instant.parse("2100-01-01T00:00:00Z")));
    }
}
