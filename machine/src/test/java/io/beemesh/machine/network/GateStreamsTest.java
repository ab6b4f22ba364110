package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Streams;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods of one machine that open streams to another one. */
final class GateStreamsTest {
    private final Simulation simulation = new Simulation(1);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.lan());
    private final SimulatedHost here = network.newHost();
    private final SimulatedHost there = network.newHost();
    private final GateStreams streams = new GateStreams(here, simulation.newLoop());

    private List<Stream> open(String pod, int count) {
        Streams of = streams.of(pod);
        List<Stream> opened = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            of.loop().execute(() -> of.open(there.peerId(), Protocols.POD_RELAY)
                    .thenAccept(opened::add));
            // No more of them wait for the other side than it lets wait.
            simulation.run(Duration.ofMillis(5));
        }
        return opened;
    }

    @Test
    void podThatOpensAllItCan_leavesRoomToOthers_andToWhatSidecarsSay() {
        there.loop().execute(() -> there.handle(Protocols.POD_RELAY, stream -> {
        }));
        here.loop().execute(() -> here.addressBook().add(there.peerId(), there.listenAddresses(),
                Duration.ofDays(1)));
        simulation.run(Duration.ofSeconds(1));

        List<Stream> greedy = open("greedy", GateStreams.STREAMS_MAX);
        assertThat(greedy).hasSizeBetween(400, 450);
        assertThat(open("other", 10)).hasSize(10);
        assertThat(open("", 10)).hasSize(10);

        greedy.forEach(stream -> streams.of("").loop().execute(stream::reset));
        simulation.run(Duration.ofSeconds(1));
        assertThat(open("third", 100)).hasSize(100);
    }
}
