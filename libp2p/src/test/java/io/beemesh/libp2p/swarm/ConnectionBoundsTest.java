package io.beemesh.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.IdleConnection;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which connections a swarm takes, and which it gives up. */
class ConnectionBoundsTest {
    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();
    private int keys;

    private Swarm swarm(SwarmConfig config) {
        return new Swarm(loop, PrivateKey.fromSeed(new byte[PrivateKey.SEED_BYTES]), config,
                ConnectionGater.open());
    }

    private List<IdleConnection> connect(Swarm swarm, String ip, int count) {
        List<IdleConnection> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            IdleConnection connection = connection(++keys, ip);
            made.add(connection);
            loop.run(() -> swarm.onConnection(connection));
        }
        return made;
    }

    private static long open(List<IdleConnection> connections) {
        return connections.stream().filter(connection -> !connection.isClosed()).count();
    }

    @Test
    void onConnection_manyOfOneAddress_leavesRoomForOthers() {
        Swarm swarm = swarm(SwarmConfig.defaults());
        assertThat(open(connect(swarm, "/ip4/10.0.0.9", 300))).isEqualTo(64);
        assertThat(open(connect(swarm, "/ip6/2001:db8::1", 60))).isEqualTo(60);
        assertThat(open(connect(swarm, "/ip6/2001:db8::ff:0:0:1", 60))).isEqualTo(4);
        assertThat(open(connect(swarm, "/ip4/10.0.0.1", 1))).isEqualTo(1);
    }

    @Test
    void onConnection_loopback_isBoundedByAllConnectionsAlone() {
        assertThat(open(connect(swarm(SwarmConfig.defaults()), "/ip4/127.0.0.1", 300)))
                .isEqualTo(256);
        assertThat(open(connect(swarm(SwarmConfig.defaults()), "/ip6/::1", 300))).isEqualTo(256);
        assertThat(open(connect(swarm(SwarmConfig.defaults().withAddressShare(1)),
                "/ip4/10.0.0.1", 300))).isEqualTo(256);
    }

    @Test
    void trim_manyOfOneAddress_closesThoseFirst() {
        Swarm swarm = swarm(SwarmConfig.defaults().withConnections(10, 12, 40));
        List<IdleConnection> crowd = connect(swarm, "/ip4/10.0.0.9", 9);
        List<IdleConnection> others = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            others.addAll(connect(swarm, "/ip4/10.0.0." + i, 1));
        }
        simulation.run(Duration.ofSeconds(21));
        others.addAll(connect(swarm, "/ip4/10.0.0.4", 1));
        assertThat(open(others)).isEqualTo(4);
        assertThat(open(crowd)).isEqualTo(6);
        // Of the crowd the oldest stay.
        assertThat(open(crowd.subList(0, 6))).isEqualTo(6);
    }

    private static IdleConnection connection(int number, String ip) {
        byte[] seed = ByteBuffer.allocate(PrivateKey.SEED_BYTES).putInt(number).array();
        try {
            return new IdleConnection(PrivateKey.fromSeed(seed).publicKey(),
                    Multiaddr.parse(ip + "/tcp/" + (1000 + number)));
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
