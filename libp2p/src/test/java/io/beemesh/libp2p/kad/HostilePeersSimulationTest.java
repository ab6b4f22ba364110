package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** One peer in four lies: about who is close, and about values. */
final class HostilePeersSimulationTest {
    private static final int HONEST = 60;
    private static final int LIARS = 20;
    private static final int INVENTED = 20;

    private final KadNetwork net = new KadNetwork(3, NetworkConditions.lan(), KadNetwork.CONFIG);

    /** Invents peers and worthless values for every question. */
    private final class Liar implements FrameReader.Receiver {
        private final Stream stream;

        Liar(Stream stream) {
            this.stream = stream;
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            try {
                KadMessage asked = KadCodec.decode(frame);
                List<KadPeer> invented = new ArrayList<>();
                for (int i = 0; i < INVENTED; i++) {
                    invented.add(new KadPeer(inventedId(), List.of(Multiaddr.parse(
                            "/ip4/10.200." + i + "." + net.random.nextInt(256) + "/tcp/4001"))));
                }
                KadRecord worthless = new KadRecord(asked.key(), new byte[2],
                        "2026-01-01T00:00:00.000000000Z");
                KadMessage answer = new KadMessage(asked.type(), asked.key(), worthless, invented,
                        List.of());
                stream.write(FrameReader.frame(KadCodec.encode(answer)));
            } catch (KadException | FormatException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void onEnd() {
            stream.closeWrite();
        }

        @Override
        public void onFailure(Libp2pException cause) {
            // The asker has had enough.
        }
    }

    private PeerId inventedId() throws FormatException {
        byte[] id = new byte[34];
        net.random.nextBytes(id);
        id[0] = 0x12;
        id[1] = 0x20;
        return PeerId.fromBytes(id);
    }

    private void addLiar() {
        SimulatedHost liar = net.network.newHost();
        liar.loop().run(() -> {
            liar.handle(KadNetwork.CONFIG.protocol(),
                    stream -> FrameReader.start(stream, 1 << 16, new Liar(stream)));
            for (KadNetwork.Peer peer : net.peers) {
                liar.addressBook().add(peer.host.peerId(), peer.host.listenAddresses(),
                        Duration.ofHours(1));
                liar.connect(peer.host.peerId());
            }
        });
    }

    @Test
    void lookupsAndValues_amongLiars_areRightAllTheSame() {
        net.grow(HONEST);
        for (int i = 0; i < LIARS; i++) {
            addLiar();
        }
        net.simulation.run(Duration.ofMinutes(2));
        byte[] key = "/n/key".getBytes(StandardCharsets.UTF_8);
        byte[] value = {0, 0, 0, 7, 42};
        Integer stored = net.call(net.peers.get(1), kad -> kad.putValue(key, value));
        assertThat(stored).isPositive();
        Optional<byte[]> got = net.call(net.peers.get(30), kad -> kad.getValue(key));
        assertThat(got.orElseThrow()).isEqualTo(value);

        KadNetwork.Peer sought = net.peers.get(40);
        for (int i = 0; i < 10; i++) {
            KadNetwork.Peer asker = net.peers.get(i);
            Optional<KadPeer> found = net.call(asker, kad -> kad.findPeer(sought.host.peerId()));
            assertThat(found).isPresent();
            LookupResult result = net.call(asker,
                    kad -> kad.closestPeers(sought.host.peerId().toBytes()));
            assertThat(result.closest()).contains(sought.host.peerId());
            // Nobody is in a result or a table who has not answered: the invented never do.
            assertThat(result.closest()).allMatch(this::exists);
            asker.host.loop().run(() -> assertThat(asker.kademlia.status().contacts())
                    .isLessThanOrEqualTo(HONEST + LIARS));
        }
    }

    private boolean exists(PeerId peer) {
        return peer.toBytes()[0] == 0;
    }
}
