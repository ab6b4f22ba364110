package io.beemesh.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.NotDialedException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class DialerTest {
    private final Simulation simulation = new Simulation(1);
    private final PeerId peer = new SimulatedNetwork(simulation, NetworkConditions.lan()).newHost()
            .peerId();
    private int runs;
    private final Dialer<String> dialer = new Dialer<>(simulation.newLoop(), 1,
            Duration.ofSeconds(3), dialed -> {
                runs++;
                return CompletableFuture.failedFuture(new Libp2pException("not there"));
            });

    private static Throwable failure(CompletableFuture<String> dial) {
        return dial.exceptionNow();
    }

    private Duration refusal() {
        return ((NotDialedException) failure(dialer.dial(peer))).retryAfter();
    }

    @Test
    void dial_failedAMomentAgo_saysWhenItMayBeTriedAgain() {
        assertThat(failure(dialer.dial(peer))).hasMessage("not there");
        assertThat(refusal()).isEqualTo(Duration.ofSeconds(1));
        simulation.run(Duration.ofMillis(400));
        assertThat(refusal()).isEqualTo(Duration.ofMillis(600));
        simulation.run(Duration.ofMillis(600));
        assertThat(failure(dialer.dial(peer))).hasMessage("not there");
        assertThat(refusal()).isEqualTo(Duration.ofSeconds(2));
        simulation.run(Duration.ofSeconds(2));
        assertThat(failure(dialer.dial(peer))).hasMessage("not there");
        assertThat(refusal()).isEqualTo(Duration.ofSeconds(3));
        dialer.forgive(peer);
        assertThat(failure(dialer.dial(peer))).hasMessage("not there");
        assertThat(runs).isEqualTo(4);
    }
}
