package io.beemesh.libp2p.dcutr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.relay.RelayConfig;
import io.beemesh.libp2p.relay.RelayService;
import io.beemesh.libp2p.simulation.LinkHost;
import io.beemesh.libp2p.simulation.LinkNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two hosts, with and without NATs, that meet through a relay. */
final class HolePunchingSimulationTest {
    private final Simulation simulation = new Simulation(1);
    private final LinkNetwork network = new LinkNetwork(simulation);
    private final LinkHost relay = network.newHost(false);
    private final RelayService service = new RelayService(relay.swarm(), relay.key(),
            RelayConfig.defaults(), relay.swarm()::protect);

    private static HolePunching punching(LinkHost host) {
        HolePunching punching = new HolePunching(host.swarm());
        host.loop().run(() -> {
            Echo.serve(host.swarm());
            host.swarm().allowLimited(Echo.PROTOCOL);
            punching.start();
        });
        return punching;
    }

    private void connectToRelay(LinkHost host) {
        Void ignored = host.get(() -> host.swarm().connect(relay.id()));
    }

    /** {@code a} reserves, {@code b} connects through the relay. */
    private void meet(LinkHost a, LinkHost b) {
        relay.loop().run(service::start);
        a.know(relay);
        b.know(relay);
        assertThat(a.get(() -> a.relayClient().reserve(relay.id())).addresses()).isNotEmpty();
        List<Multiaddr> through = a.swarm().listenAddresses();
        b.know(a.id(), through.getLast());
        connectToRelay(b);
        simulation.run(Duration.ofSeconds(1)); // the relay tells how it sees them
        Void ignored = b.get(() -> Echo.exchange(b.swarm(), a.id(), 1000, true));
    }

    @Test
    void punch_bothBehindNats_directConnectionReplacesTheRelay() {
        LinkHost a = network.newHost(true);
        LinkHost b = network.newHost(true);
        b.know(a);
        assertThatThrownBy(() -> b.get(() -> b.swarm().connect(a.id())))
                .hasMessageContaining("no answer");
        simulation.run(Duration.ofMinutes(1));
        HolePunching ofA = punching(a);
        HolePunching ofB = punching(b);
        meet(a, b);
        assertThat(b.swarm().hasDirect(a.id())).isFalse();
        simulation.runUntil(() -> a.swarm().hasDirect(b.id()) && b.swarm().hasDirect(a.id()),
                Duration.ofMinutes(1));
        simulation.run(Duration.ofSeconds(15));
        assertThat(service.status().circuits()).isZero();
        assertThat(ofA.status()).isEqualTo(new HolePunching.Status(0, 1, 0));
        assertThat(ofB.status().succeeded()).isEqualTo(1);
        long carried = relay.sentBytes();
        Void ignored = b.get(() -> Echo.exchange(b.swarm(), a.id(), 1 << 20, true));
        assertThat(relay.sentBytes() - carried).isLessThan(1000);
    }

    @Test
    void punch_oneIsPublic_isDialedDirectly() {
        LinkHost a = network.newHost(true);
        LinkHost b = network.newHost(false);
        HolePunching ofA = punching(a);
        punching(b);
        meet(a, b);
        simulation.runUntil(() -> a.swarm().hasDirect(b.id()), Duration.ofSeconds(10));
        simulation.run(Duration.ofSeconds(1));
        assertThat(ofA.status().succeeded()).isEqualTo(1);
        assertThat(network.dropped()).isZero();
    }

    @Test
    void punch_peerIsUnreachable_givesUpAfterThreeAttempts() {
        LinkHost a = network.newHost(true);
        LinkHost b = network.newHost(true);
        HolePunching ofA = punching(a);
        punching(b);
        network.closed(true);
        meet(a, b);
        simulation.run(Duration.ofMinutes(1));
        assertThat(ofA.status()).isEqualTo(new HolePunching.Status(0, 0, 1));
        assertThat(network.dropped()).isGreaterThan(15);
        Void ignored = b.get(() -> Echo.exchange(b.swarm(), a.id(), 1000, true));
    }

    @Test
    void fromBytes_written_isTheSame() throws Exception {
        HolePunchMessage connect = new HolePunchMessage.Connect(
                List.of(Multiaddr.parse("/ip4/5.6.7.8/tcp/9")));
        assertThat(HolePunchMessage.fromBytes(ByteBuffer.wrap(connect.toBytes())))
                .isEqualTo(connect);
        assertThat(HolePunchMessage
                .fromBytes(ByteBuffer.wrap(new HolePunchMessage.Sync().toBytes())))
                .isInstanceOf(HolePunchMessage.Sync.class);
    }
}
