package io.beemesh.libp2p.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.LinkHost;
import io.beemesh.libp2p.simulation.LinkNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whole hosts on virtual time: two behind NATs and a relay between. */
final class RelaySimulationTest {
    private static final ProtocolId OTHER = new ProtocolId("/test/other/1.0.0");

    private final Simulation simulation = new Simulation(1);
    private final LinkNetwork network = new LinkNetwork(simulation);
    private final LinkHost relay = network.newHost(false);
    private final LinkHost a = network.newHost(true);
    private final LinkHost b = network.newHost(true);
    private RelayService service = serve(RelayConfig.defaults());

    RelaySimulationTest() {
        for (LinkHost host : List.of(a, b)) {
            host.know(relay);
            host.loop().run(() -> {
                Echo.serve(host.swarm());
                host.swarm().allowLimited(Echo.PROTOCOL);
                host.swarm().handle(OTHER, stream -> FrameReader.start(stream, 100,
                        new FrameCollector(frame -> {
                        })));
            });
        }
    }

    private RelayService serve(RelayConfig config) {
        RelayService made = new RelayService(relay.swarm(), relay.key(), config,
                relay.swarm()::protect);
        relay.loop().run(made::start);
        return made;
    }

    private Reservation reserve(LinkHost host) {
        return host.get(() -> host.relayClient().reserve(relay.id()));
    }

    /** What {@code a} announces of its addresses through the relay, b learns. */
    private void tell() {
        a.swarm().listenAddresses().stream().filter(CircuitAddress::isRelayed)
                .forEach(address -> b.know(a.id(), address));
    }

    private void echo(LinkHost from, LinkHost to, int size) {
        Void ignored = from.get(() -> Echo.exchange(from.swarm(), to.id(), size, true));
    }

    @Test
    void reserve_givesSignedVoucherAndAddresses() throws Exception {
        Reservation reservation = reserve(a);
        Voucher voucher = Voucher.open(reservation.voucher());
        assertThat(voucher.relay()).isEqualTo(relay.id());
        assertThat(voucher.holder()).isEqualTo(a.id());
        assertThat(voucher.expires()).isEqualTo(reservation.expires());
        assertThat(a.swarm().listenAddresses()).extracting(Object::toString)
                .contains(relay.outer() + "/p2p/" + relay.id() + "/p2p-circuit");
        assertThat(service.status().reservations()).isEqualTo(1);
    }

    @Test
    void dial_behindNat_failsDirectlyAndWorksThroughTheRelay() {
        b.know(a);
        assertThatThrownBy(() -> b.get(() -> b.swarm().connect(a.id())))
                .hasMessageContaining("no answer");
        assertThat(network.dropped()).isPositive();
        simulation.run(Duration.ofMinutes(2));
        reserve(a);
        tell();
        List<PeerEvent> events = new ArrayList<>();
        b.swarm().onPeerEvent(events::add);
        echo(b, a, 50_000);
        assertThat(b.swarm().hasDirect(a.id())).isFalse();
        assertThat(events).contains(new PeerEvent.Relayed(a.id(), false));
        assertThat(service.status().circuits()).isEqualTo(1);
    }

    @Test
    void limitedConnection_onlyAllowedProtocolsUseIt() {
        reserve(a);
        tell();
        echo(b, a, 100);
        assertThat(b.swarm().connectedPeers()).doesNotContain(a.id());
        assertThatThrownBy(() -> b.get(() -> b.swarm().newStream(a.id(), List.of(OTHER))))
                .isNotNull();
        // Asked for all the same, it is refused by the other side.
        b.loop().run(() -> b.swarm().allowLimited(OTHER));
        assertThatThrownBy(() -> b.get(() -> b.swarm().newStream(a.id(), List.of(OTHER))))
                .hasMessageContaining("speaks none");
        a.loop().run(() -> a.swarm().allowLimited(OTHER));
        assertThat(b.get(() -> b.swarm().newStream(a.id(), List.of(OTHER))).protocol())
                .isEqualTo(OTHER);
    }

    @Test
    void limits_dataAndTime_endTheConnection() {
        service = serve(RelayConfig.defaults()
                .withLimit(new RelayLimit(Duration.ofSeconds(30), 64 * 1024)));
        reserve(a);
        tell();
        assertThatThrownBy(() -> echo(b, a, 100_000)).isNotNull();
        simulation.run(Duration.ofSeconds(10));
        assertThat(service.status().circuits()).isZero();
        assertThat(service.status().carriedBytes()).isBetween(64_000L, 200_000L);
        echo(b, a, 1_000);
        simulation.run(Duration.ofSeconds(31));
        assertThat(service.status().circuits()).isZero();
        assertThat(a.swarm().connectionCount()).isEqualTo(1); // the relay
    }

    @Test
    void unlimited_connectionIsLikeAnyOther() {
        service = serve(RelayConfig.defaults().withLimit(RelayLimit.NONE));
        reserve(a);
        tell();
        echo(b, a, 3 << 20);
        assertThat(b.swarm().connectedPeers()).contains(a.id());
        assertThat(b.get(() -> b.swarm().newStream(a.id(), List.of(OTHER))).protocol())
                .isEqualTo(OTHER);
        simulation.run(Duration.ofHours(3));
        echo(b, a, 1000);
    }

    @Test
    void reservation_isRenewedAndSurvivesTheRelaysRestart() {
        Instant first = reserve(a).expires();
        simulation.run(Duration.ofHours(5));
        assertThat(service.status().reservations()).isEqualTo(1);
        assertThat(reserve(a).expires()).isAfter(first);
        relay.loop().run(() -> relay.swarm().disconnect(a.id()));
        simulation.run(Duration.ofMillis(100));
        assertThat(a.relayClient().relays()).isEmpty();
        assertThat(a.swarm().listenAddresses()).noneMatch(CircuitAddress::isRelayed);
        simulation.run(Duration.ofSeconds(10));
        assertThat(a.relayClient().relays()).containsExactly(relay.id());
        a.loop().run(() -> a.relayClient().release(relay.id()));
        simulation.run(Duration.ofHours(2));
        assertThat(a.swarm().listenAddresses()).noneMatch(CircuitAddress::isRelayed);
    }

    @Test
    void requests_beyondBounds_areRefusedWithTheirCodes() {
        service = serve(RelayConfig.defaults().withReservations(2, 1, Duration.ofHours(1))
                .withCircuits(10, 2));
        b.know(a.id(), LinkAddress.through(relay));
        assertRefused(() -> b.get(() -> b.swarm().connect(a.id())), RelayStatus.NO_RESERVATION);
        simulation.run(Duration.ofMinutes(2));
        reserve(a);
        reserve(b);
        LinkHost third = network.newHost(true);
        third.know(relay);
        assertRefused(() -> reserve(third), RelayStatus.RESERVATION_REFUSED);
        tell();
        List<LinkHost> dialers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            LinkHost dialer = network.newHost(true);
            dialer.know(a.id(), LinkAddress.through(relay));
            dialers.add(dialer);
        }
        for (LinkHost dialer : dialers.subList(0, 2)) {
            Void ignored = dialer.get(() -> dialer.swarm().connect(a.id()));
        }
        assertRefused(() -> dialers.get(2).get(() -> dialers.get(2).swarm().connect(a.id())),
                RelayStatus.RESOURCE_LIMIT_EXCEEDED);
        assertThat(service.status().refused()).isEqualTo(3);
    }

    private static void assertRefused(Runnable attempt, RelayStatus status) {
        assertThatThrownBy(attempt::run).hasMessageContaining(status.name());
    }

    @Test
    void reservation_expired_isNotProtectedAnyMore() {
        Map<PeerId, Boolean> isProtected = new HashMap<>();
        RelayService made = new RelayService(relay.swarm(), relay.key(), RelayConfig.defaults(),
                isProtected::put);
        relay.loop().run(made::start);
        for (LinkHost host : List.of(a, b)) {
            host.loop().run(() -> host.swarm().newStream(relay.id(), List.of(RelayCodec.HOP))
                    .thenAccept(stream -> stream.write(
                            FrameReader.frame(RelayCodec.encode(new HopMessage.Reserve())))));
            simulation.run(Duration.ofMinutes(10));
        }
        assertThat(isProtected).isEqualTo(Map.of(a.id(), true, b.id(), true));
        simulation.run(Duration.ofMinutes(41));
        assertThat(isProtected).isEqualTo(Map.of(a.id(), false, b.id(), true));
        simulation.run(Duration.ofMinutes(10));
        assertThat(isProtected).isEqualTo(Map.of(a.id(), false, b.id(), false));
        assertThat(made.status().reservations()).isZero();
        assertThat(relay.swarm().connectedPeers()).contains(a.id(), b.id());
    }

    /** What the relay answers to bytes that are no request. */
    private RelayStatus answerTo(byte[] request) {
        CompletableFuture<RelayStatus> status = new CompletableFuture<>();
        b.loop().run(() -> b.swarm().newStream(relay.id(), List.of(RelayCodec.HOP))
                .thenAccept(stream -> {
                    stream.write(FrameReader.frame(request));
                    FrameReader.start(stream, RelayCodec.BYTES_MAX,
                            new FrameCollector(frame -> status.complete(statusIn(frame))));
                }));
        simulation.runUntil(status::isDone, Duration.ofSeconds(30));
        return status.join();
    }

    private static RelayStatus statusIn(ByteBuffer frame) {
        try {
            return ((HopMessage.Status) RelayCodec.decodeHop(frame)).status();
        } catch (RelayException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void requests_brokenOrOutOfPlace_areAnsweredWithTheirCodes() {
        assertThat(answerTo(new byte[]{8, 9})).isEqualTo(RelayStatus.MALFORMED_MESSAGE);
        assertThat(answerTo(new byte[]{8, 1, 0x12, 2, 0x0a, 0}))
                .isEqualTo(RelayStatus.MALFORMED_MESSAGE);
        assertThat(answerTo(RelayCodec
                .encode(new HopMessage.Status(RelayStatus.OK, RelayLimit.NONE))))
                .isEqualTo(RelayStatus.UNEXPECTED_MESSAGE);
        assertThat(answerTo(RelayCodec.encode(new HopMessage.Connect(b.id()))))
                .isEqualTo(RelayStatus.PERMISSION_DENIED);
    }

    @Test
    void stop_fromARelayThatNobodyAsked_isRefused() {
        // The relay believes that a has a reservation; a has given it up.
        reserve(a);
        tell();
        a.loop().run(() -> a.relayClient().release(relay.id()));
        assertRefused(() -> b.get(() -> b.swarm().connect(a.id())), RelayStatus.CONNECTION_FAILED);
        assertThat(service.status().circuits()).isZero();
    }
}
