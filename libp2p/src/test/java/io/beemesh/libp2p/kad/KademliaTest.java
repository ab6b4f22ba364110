package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multiformats.Multihash;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class KademliaTest {
    private static final byte[] KEY = "/n/some".getBytes(StandardCharsets.UTF_8);

    private final KadNetwork net = new KadNetwork(11, NetworkConditions.wan(), KadNetwork.CONFIG);

    @BeforeEach
    void grow() {
        net.grow(60);
    }

    private static byte[] value(int sequence) {
        return ByteBuffer.allocate(8).putInt(sequence).putInt(42).array();
    }

    private Integer put(KadNetwork.Peer peer, byte[] key, byte[] value) {
        return net.call(peer, kad -> kad.putValue(key, value));
    }

    private Optional<byte[]> get(KadNetwork.Peer peer) {
        return net.call(peer, kad -> kad.getValue(KEY));
    }

    private Integer provide(KadNetwork.Peer peer, byte[] multihash) {
        return net.call(peer, kad -> kad.provide(multihash));
    }

    private List<KadPeer> providers(KadNetwork.Peer peer, byte[] multihash, int count) {
        return net.call(peer, kad -> kad.findProviders(multihash, count));
    }

    private Optional<KadPeer> find(KadNetwork.Peer peer, PeerId id) {
        return net.call(peer, kad -> kad.findPeer(id));
    }

    @Test
    void getValue_putByAnother_isFound() {
        assertThat(put(net.any(), KEY, value(1))).isEqualTo(20);
        Optional<byte[]> found = get(net.any());
        assertThat(found.orElseThrow()).isEqualTo(value(1));
    }

    @Test
    void getValue_severalVersions_returnsBestAndCorrectsOthers() {
        put(net.any(), KEY, value(1));
        KadNetwork.Peer holder = net.any();
        put(holder, KEY, value(7));
        assertThat(get(net.any()).orElseThrow()).isEqualTo(value(7));
        net.simulation.run(Duration.ofSeconds(5));
        net.network.stop(holder.host);
        assertThat(get(net.peers.getFirst()).orElseThrow()).isEqualTo(value(7));
    }

    @Test
    void putValue_worseInvalidOrWithoutPolicy_isRefused() {
        KadNetwork.Peer peer = net.any();
        put(peer, KEY, value(5));
        assertThatThrownBy(() -> put(peer, KEY, value(4))).cause()
                .isInstanceOf(KadException.class);
        assertThatThrownBy(() -> put(peer, KEY, new byte[2])).cause()
                .isInstanceOf(KadException.class);
        byte[] other = "/other/x".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> put(peer, other, value(9))).cause()
                .isInstanceOf(KadException.class);
    }

    @Test
    void getValue_unknownOrExpired_isEmpty() {
        KadConfig config = KadNetwork.CONFIG.withLives(Duration.ofMinutes(5), Duration.ofMinutes(5),
                Duration.ofHours(1));
        KadNetwork net = new KadNetwork(12, NetworkConditions.wan(), config);
        net.grow(30);
        KadNetwork.Peer asker = net.peers.get(2);
        assertThat(net.<Optional<byte[]>>call(asker, kad -> kad.getValue(KEY))).isEmpty();
        KadNetwork.Peer owner = net.peers.get(1);
        net.<Integer>call(owner, kad -> kad.putValue(KEY, value(1)));
        net.network.stop(owner.host);
        assertThat(net.<Optional<byte[]>>call(asker, kad -> kad.getValue(KEY))).isPresent();
        net.simulation.run(Duration.ofMinutes(6));
        assertThat(net.<Optional<byte[]>>call(asker, kad -> kad.getValue(KEY))).isEmpty();
    }

    @Test
    void republish_ownValue_isKeptHereToo() {
        KadConfig config = KadNetwork.CONFIG.withLives(Duration.ofMinutes(5), Duration.ofMinutes(5),
                Duration.ofMinutes(2));
        KadNetwork net = new KadNetwork(13, NetworkConditions.wan(), config);
        net.grow(3);
        KadNetwork.Peer owner = net.peers.get(1);
        net.<Integer>call(owner, kad -> kad.putValue(KEY, value(1)));
        net.simulation.run(Duration.ofMinutes(11));
        owner.host.loop().run(
                () -> assertThat(owner.kademlia.status().records()).isEqualTo(1));
    }

    @Test
    void findProviders_provided_namesThemWithAddresses() {
        byte[] multihash = Multihash.sha256(KEY).toBytes();
        KadNetwork.Peer a = net.peers.get(3);
        KadNetwork.Peer b = net.peers.get(4);
        assertThat(provide(a, multihash)).isEqualTo(20);
        assertThat(provide(b, multihash)).isEqualTo(20);
        net.simulation.run(Duration.ofSeconds(2));
        List<KadPeer> found = providers(net.peers.get(50), multihash, 10);
        assertThat(found).extracting(KadPeer::id).containsExactlyInAnyOrder(a.host.peerId(),
                b.host.peerId());
        assertThat(found).allSatisfy(peer -> assertThat(peer.addresses()).hasSize(1));
        assertThat(providers(net.peers.get(50), multihash, 1)).hasSize(1);
    }

    @Test
    void findPeer_clientAndUnknown_clientIsNotFoundAsServer() {
        KadNetwork.Peer client = net.add(KadNetwork.CONFIG.asClient());
        net.simulation.run(Duration.ofMinutes(3));
        PeerId id = client.host.peerId();
        for (KadNetwork.Peer peer : net.peers) {
            peer.host.loop().run(() -> assertThat(peer.kademlia.knownClosest(id.toBytes(), 60))
                    .doesNotContain(id));
        }
        assertThat(put(client, KEY, value(3))).isEqualTo(20);
        KadNetwork.Peer server = net.peers.get(7);
        KadPeer found = find(client, server.host.peerId()).orElseThrow();
        assertThat(found.addresses()).isEqualTo(server.host.listenAddresses());
        PeerId nobody = net.network.newHost().peerId();
        assertThat(find(client, nobody)).isEmpty();
    }

    private List<KadNetwork.Peer> byDistance(byte[] target) {
        KadKey key = KadKey.of(target);
        return net.peers.stream().sorted((x, y) -> key.compareDistance(x.key, y.key)).toList();
    }

    @Test
    void closestPeers_deadAmongThem_areExactAllTheSame() {
        byte[] target = "target".getBytes(StandardCharsets.UTF_8);
        List<KadNetwork.Peer> byDistance = byDistance(target);
        KadNetwork.Peer asker = byDistance.getLast();
        for (int i = 0; i < 5; i++) {
            net.remove(byDistance.get(2 * i), i % 2 == 0);
        }
        LookupResult result = net.call(asker, kad -> kad.closestPeers(target));
        assertThat(result.complete()).isTrue();
        assertThat(result.closest())
                .isEqualTo(byDistance.stream().filter(net.peers::contains).limit(20)
                        .map(peer -> peer.host.peerId()).toList());
    }

    @Test
    void closestPeers_twoDialsToLivingPeerAreLost_areExactAllTheSame() {
        byte[] target = "target".getBytes(StandardCharsets.UTF_8);
        List<KadNetwork.Peer> byDistance = byDistance(target);
        KadNetwork.Peer asker = byDistance.getLast();
        KadNetwork.Peer unheard = byDistance.get(3);
        Set<SimulatedHost> cut = Set.of(asker.host, unheard.host);
        asker.host.loop().run(() -> asker.host.disconnect(unheard.host.peerId()));
        net.network.partition((from, to) -> cut.contains(from) && cut.contains(to));
        long failedBefore = net.network.counters().dialsFailed();
        net.simulation.newLoop().schedule(Duration.ofSeconds(8), net.network::heal);
        LookupResult result = net.call(asker, kad -> kad.closestPeers(target));
        assertThat(net.network.counters().dialsFailed() - failedBefore).isEqualTo(2);
        assertThat(result.closest()).isEqualTo(byDistance.stream().limit(20)
                .map(peer -> peer.host.peerId()).toList());
    }

    @Test
    void groupLimit_othersClaimAddressesOfManyNetworks_isHeld() throws FormatException {
        KadNetwork small = new KadNetwork(6, NetworkConditions.lan(),
                KadNetwork.CONFIG.withGroupMax(3));
        small.network.withRealBooks();
        KadNetwork.Peer asker = small.add();
        List<PeerId> others = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            KadNetwork.Peer other = small.add();
            others.add(other.host.peerId());
            asker.host.addressBook().add(other.host.peerId(),
                    List.of(Multiaddr.parse("/ip4/20." + i + ".0.1/tcp/1"),
                            other.host.listenAddresses().getFirst()),
                    Duration.ofHours(1));
        }
        small.<Integer>call(asker, kad -> kad.bootstrap(others));
        asker.host.loop()
                .run(() -> assertThat(asker.kademlia.status().contacts()).isBetween(1, 3));
    }

    /** The hosts of a simulation are on a private network. */
    @Test
    void respond_strangerFromOutside_isToldNoPrivateAddresses() throws KadException {
        KadNetwork.Peer peer = net.peers.getFirst();
        PeerId stranger = net.network.newHost().peerId();
        Peers peers = new Peers(peer.host, KadNetwork.CONFIG);
        for (KadNetwork.Peer other : net.peers.subList(1, 5)) {
            peer.host.addressBook().add(other.host.peerId(), other.host.listenAddresses(),
                    Duration.ofHours(1));
            peers.answered(other.host.peerId(), other.key,
                    other.host.listenAddresses().getFirst());
        }
        KadKey key = KadKey.of(KEY);
        assertThat(peers.closestFor(stranger, IpScope.PUBLIC, key)).isEmpty();
        assertThat(peers.closestFor(stranger, IpScope.PRIVATE, key)).hasSize(4);
        assertThat(peers.closestFor(stranger, IpScope.MACHINE, key)).hasSize(4);
        assertThat(peers.scopeOf(peer.host.listenAddresses().getFirst()))
                .isEqualTo(IpScope.MACHINE);
        assertThat(peers.scopeOf(net.peers.get(1).host.listenAddresses().getFirst()))
                .isEqualTo(IpScope.PRIVATE);

        ProviderStore store = new ProviderStore(peer.host.loop(), peers.selfKey(),
                Duration.ofHours(1));
        byte[] multihash = Multihash.sha256(KEY).toBytes();
        store.add(multihash, new KadPeer(stranger, peer.host.listenAddresses()));
        KadService service = new KadService(peers, new RecordPolicies(KadNetwork.POLICIES),
                new RecordStore(peer.host.loop(), peers.selfKey(), Duration.ofHours(1)), store);
        KadMessage answer = service.respond(stranger, IpScope.PUBLIC,
                KadMessage.of(KadMessage.Type.GET_PROVIDERS, multihash));
        assertThat(Objects.requireNonNull(answer).providers())
                .containsExactly(new KadPeer(stranger, List.of()));
        assertThat(answer.closer()).isEmpty();
    }

    @Test
    void protocol_another_isAnotherNetwork() {
        KadConfig other = KadConfig.defaults(new ProtocolId("/other/kad/1.0.0"));
        List<KadNetwork.Peer> ours = List.copyOf(net.peers);
        List<KadNetwork.Peer> theirs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            theirs.add(net.add(other));
        }
        SimulatedHost first = theirs.getFirst().host;
        for (KadNetwork.Peer peer : theirs) {
            peer.host.addressBook().add(first.peerId(), first.listenAddresses(),
                    Duration.ofHours(1));
            net.<Integer>call(peer, kad -> kad.bootstrap(List.of(first.peerId())));
        }
        net.simulation.run(Duration.ofMinutes(3));
        assertThat(known(theirs)).isEqualTo(ids(theirs));
        assertThat(known(ours)).isEqualTo(ids(ours));
        assertThat(put(theirs.get(1), KEY, value(1))).isEqualTo(4);
        assertThat(get(ours.get(1))).isEmpty();
        assertThat(get(theirs.get(2))).isPresent();
    }

    private static Set<PeerId> ids(List<KadNetwork.Peer> peers) {
        return peers.stream().map(peer -> peer.host.peerId()).collect(Collectors.toSet());
    }

    /** All that are in the tables of these. */
    private static Set<PeerId> known(List<KadNetwork.Peer> peers) {
        Set<PeerId> known = new HashSet<>();
        for (KadNetwork.Peer peer : peers) {
            peer.host.loop().run(() -> known.addAll(peer.kademlia.knownClosest(KEY, 100)));
        }
        return known;
    }

    @Test
    void groupLimit_allInOneNetwork_isHeld() {
        KadNetwork small = new KadNetwork(5, NetworkConditions.lan(),
                KadNetwork.CONFIG.withGroupMax(3));
        small.grow(30);
        for (KadNetwork.Peer peer : small.peers) {
            peer.host.loop()
                    .run(() -> assertThat(peer.kademlia.status().contacts()).isBetween(1, 3));
        }
    }
}
