package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Strangers cannot have a server hold much of what they never finish to say. */
final class KadServerTest {
    /** The prefix of a message of 1 MiB, and the beginning of it. */
    private static final ByteBuffer HALF = ByteBuffer.allocate(200 << 10)
            .put(0, new byte[]{(byte) 0x80, (byte) 0x80, 0x40});

    private final Simulation simulation = new Simulation(1);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.lan());
    private final SimulatedHost host = network.newHost();
    private final KadServer server = new KadServer(new Peers(host, KadNetwork.CONFIG),
            (from, scope, request) -> KadMessage.of(request.type(), request.key()));

    @BeforeEach
    void serve() {
        host.handle(KadNetwork.CONFIG.protocol(), server);
    }

    private void askHalf(int peers) {
        for (int i = 0; i < peers; i++) {
            SimulatedHost asker = network.newHost();
            asker.addressBook().add(host.peerId(), host.listenAddresses(), Duration.ofHours(1));
            for (int j = 0; j < KadServer.STREAMS_PER_PEER_MAX; j++) {
                asker.newStream(host.peerId(), List.of(KadNetwork.CONFIG.protocol()))
                        .thenAccept(KadServerTest::writeHalf);
            }
        }
        simulation.run(Duration.ofSeconds(5));
    }

    private static void writeHalf(Stream stream) {
        stream.reader(new StreamReader() {
            @Override
            public void onData(ByteBuffer bytes) {
                throw new AssertionError("there is no answer to half a question");
            }

            @Override
            public void onEnd() {
                // Nothing is expected.
            }

            @Override
            public void onReset(StreamResetException cause) {
                // It was too much.
            }
        });
        stream.write(HALF.duplicate());
    }

    @Test
    void onStream_halfMessagesOfOne_areBounded() {
        askHalf(1);
        assertThat(server.heldBytes()).isPositive()
                .isLessThanOrEqualTo(KadServer.HELD_BYTES_PER_PEER_MAX);
    }

    @Test
    void onStream_halfMessagesOfMany_areBoundedAndLeaveNothingBehind() {
        askHalf(20);
        assertThat(server.heldBytes()).isGreaterThan(KadServer.HELD_BYTES_PER_PEER_MAX)
                .isLessThanOrEqualTo(KadServer.HELD_BYTES_MAX);
        simulation.run(KadServer.IDLE_MAX);
        server.dropIdle();
        assertThat(server.heldBytes()).isZero();
    }
}
