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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** One peer in four lies: about who is close, about where the others are, and about values. */
final class HostilePeersSimulationTest {
    private static final int HONEST = 60;
    private static final int LIARS = 20;
    private static final int INVENTED = 10;
    private static final int INVENTED_IN_ALL = 2_000;
    private static final int FALSE_ADDRESSES = 16;

    private final KadNetwork net = new KadNetwork(3,
            NetworkConditions.lan().withConnectionsMax(15), KadNetwork.CONFIG);

    private final Map<PeerId, KadKey> keys = new HashMap<>();
    private final List<PeerId> liars = new ArrayList<>();
    private final List<PeerId> invented = new ArrayList<>();

    /** Invents peers that would be close, places where others would be, and worthless values. */
    private final class Liar implements FrameReader.Receiver {
        private final Stream stream;

        Liar(Stream stream) {
            this.stream = stream;
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            try {
                KadMessage asked = KadCodec.decode(frame);
                List<KadPeer> lies = new ArrayList<>();
                for (PeerId peer : closest(invented, asked.key(), INVENTED)) {
                    lies.add(new KadPeer(peer, falseAddresses()));
                }
                List<PeerId> real = net.peers.stream().map(peer -> peer.host.peerId()).toList();
                for (PeerId peer : closest(real, asked.key(), INVENTED)) {
                    lies.add(new KadPeer(peer, falseAddresses()));
                }
                KadRecord worthless = new KadRecord(asked.key(), new byte[2],
                        "2026-01-01T00:00:00.000000000Z");
                KadMessage answer = new KadMessage(asked.type(), asked.key(), worthless, lies,
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

    private List<PeerId> closest(List<PeerId> all, byte[] target, int count) {
        KadKey key = KadKey.of(target);
        return all.stream()
                .sorted((x, y) -> key.compareDistance(keyOf(x), keyOf(y)))
                .limit(count).toList();
    }

    private KadKey keyOf(PeerId peer) {
        return keys.computeIfAbsent(peer, KadKey::of);
    }

    private List<Multiaddr> falseAddresses() throws FormatException {
        List<Multiaddr> addresses = new ArrayList<>();
        for (int i = 0; i < FALSE_ADDRESSES; i++) {
            addresses.add(Multiaddr.parse("/ip4/10.200." + net.random.nextInt(256) + "."
                    + net.random.nextInt(256) + "/tcp/4001"));
        }
        return addresses;
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
        liars.add(liar.peerId());
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
    void lookupsAndValues_amongLiars_areRightAllTheSame() throws FormatException {
        net.network.withRealBooks();
        net.grow(HONEST);
        for (int i = 0; i < INVENTED_IN_ALL; i++) {
            invented.add(inventedId());
        }
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
            assertThat(result.closest())
                    .isEqualTo(exact(asker, sought.host.peerId().toBytes()));
            // Nobody is in a result or a table who has not answered: the invented never do.
            assertThat(result.closest()).allMatch(this::exists);
            asker.host.loop().run(() -> assertThat(asker.kademlia.status().contacts())
                    .isLessThanOrEqualTo(HONEST + LIARS));
        }
    }

    /** Liars answer: they are among the closest as others are. */
    private List<PeerId> exact(KadNetwork.Peer asker, byte[] target) {
        List<PeerId> all = new ArrayList<>(liars);
        net.peers.forEach(peer -> all.add(peer.host.peerId()));
        all.remove(asker.host.peerId());
        return closest(all, target, KadNetwork.CONFIG.bucketSize());
    }

    private boolean exists(PeerId peer) {
        return peer.toBytes()[0] == 0;
    }
}
