package io.beemesh.libp2p.mdns;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Peers on one network, in virtual time. */
final class DiscoveryTest {
    private final Simulation simulation = new Simulation(1);
    private final List<Peer> peers = new ArrayList<>();
    private final List<byte[]> sent = new ArrayList<>();

    private static Multiaddr address(String text) {
        try {
            return Multiaddr.parse(text);
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static PeerId id(int number) {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        seed[0] = (byte) number;
        seed[1] = (byte) (number >> 8);
        return PrivateKey.fromSeed(seed).peerId();
    }

    private final class Peer {
        private final SimulatedLoop loop = simulation.newLoop();
        private final PeerId id = id(peers.size() + 1);
        private final Map<PeerId, List<Multiaddr>> found = new LinkedHashMap<>();
        private final Discovery discovery;

        Peer(String... addresses) {
            List<Multiaddr> own = Arrays.stream(addresses).map(DiscoveryTest::address)
                    .toList();
            discovery = new Discovery(loop, simulation.newRandom(), id, () -> own,
                    DiscoveryTest.this::toAll, found::put);
            peers.add(this);
            loop.run(discovery::start);
        }

        void receive(byte[] packet) {
            loop.run(() -> discovery.onPacket(ByteBuffer.wrap(packet)));
        }
    }

    private void toAll(byte[] packet) {
        sent.add(packet);
        List.copyOf(peers).forEach(peer -> peer.loop.execute(() -> peer.receive(packet)));
    }

    private void pass(Duration time) {
        simulation.run(time);
    }

    @Test
    void twoPeers_findEachOther_withAddressesThatCanBeDialed() {
        Peer a = new Peer("/ip4/10.0.0.1/tcp/4001", "/ip4/10.0.0.1/udp/4001/quic-v1",
                "/dns4/example.com/tcp/1");
        Peer b = new Peer("/ip6/fd00::2/tcp/4002");
        pass(Duration.ofSeconds(2));
        assertThat(b.found).containsExactly(Map.entry(a.id,
                List.of(address("/ip4/10.0.0.1/tcp/4001"),
                        address("/ip4/10.0.0.1/udp/4001/quic-v1"))));
        assertThat(a.found)
                .containsExactly(Map.entry(b.id, List.of(address("/ip6/fd00::2/tcp/4002"))));
    }

    @Test
    void queries_areThreeAtTheStart_thenOneInTwoMinutes() {
        Peer peer = new Peer();
        pass(Duration.ofSeconds(10));
        assertThat(sent).hasSize(3);
        pass(Duration.ofMinutes(10));
        assertThat(sent.size()).isBetween(7, 8);
        peer.loop.run(peer.discovery::close);
        pass(Duration.ofMinutes(10));
        assertThat(sent.size()).isBetween(7, 8);
    }

    @Test
    void flood_isAnsweredOnceASecond_andNotRead() {
        Peer peer = new Peer("/ip4/10.0.0.1/tcp/4001");
        pass(Duration.ofSeconds(5));
        sent.clear();
        byte[] query = MdnsWriter.query(Discovery.SERVICE);
        byte[] services = MdnsWriter.query("_services._dns-sd._udp.local");
        for (int second = 0; second < 5; second++) {
            for (int i = 0; i < 2 * Discovery.PACKETS_PER_SECOND_MAX; i++) {
                peer.receive(i % 2 == 0 ? query : services);
            }
            pass(Duration.ofSeconds(1));
        }
        assertThat(sent.size()).isBetween(8, 12); // of each kind
        assertThat(peer.discovery.dropped()).isGreaterThanOrEqualTo(
                4 * Discovery.PACKETS_PER_SECOND_MAX);
    }

    @Test
    void response_ofManyPeersAndAddresses_isCut() {
        Peer peer = new Peer();
        List<Multiaddr> claims = new ArrayList<>();
        IntStream.range(100, 130)
                .forEach(i -> claims.add(address("/ip4/10.0.0.1/tcp/1/p2p/" + id(i))));
        peer.receive(MdnsWriter.response(Discovery.SERVICE, "x", claims.subList(0, 13)));
        assertThat(peer.found).hasSizeBetween(10, Discovery.PEERS_PER_PACKET_MAX);
    }

    @Test
    void response_ofNamesRelaysOtherServicesOrThisPeer_isNotBelieved() {
        Peer peer = new Peer();
        String other = "/p2p/" + id(7);
        peer.receive(MdnsWriter.response(Discovery.SERVICE, "x",
                List.of(address("/dns4/example.com/tcp/1" + other),
                        address("/ip4/10.0.0.1/tcp/1" + other + "/p2p-circuit/p2p/" + id(8)),
                        address("/ip4/10.0.0.1/tcp/1"),
                        address("/ip4/10.0.0.1/tcp/1/p2p/" + peer.id))));
        peer.receive(MdnsWriter.response("_other._udp.local", "x",
                List.of(address("/ip4/10.0.0.1/tcp/1" + other))));
        assertThat(peer.found).isEmpty();
        peer.receive(MdnsWriter.response(Discovery.SERVICE, "x",
                List.of(address("/ip4/10.0.0.1/tcp/1" + other))));
        assertThat(peer.found).hasSize(1);
    }
}
