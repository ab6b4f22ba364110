package io.beemesh.conformance.interop;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.netty.Wire;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.ping.Ping;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the host must do with any implementation over one wire, dialing it and being dialed by it. */
abstract class PeerInteropSuite {
    private static final int[] SIZES = {1, 2, 100, 65_519, 65_520, 262_144, 262_145, 1_000_000,
            16 << 20};
    private static final ProtocolId LATE = new ProtocolId("/beemesh/late/1.0.0");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Wire wire;

    PeerInteropSuite(Wire wire) {
        this.wire = wire;
    }

    /** A new peer of the implementation under test. */
    abstract InteropPeer start(Wire its, String... options);

    private InteropPeer peer(String... given) {
        List<String> options = new ArrayList<>(List.of(given));
        if (wire == Wire.TLS) {
            options.addAll(List.of("--security", "tls"));
        } else if (wire == Wire.QUIC && !options.contains("--listen")) {
            options.addAll(List.of("--listen", "/ip4/127.0.0.1/udp/0/quic-v1"));
        }
        return start(wire, options.toArray(String[]::new));
    }

    private void checkWire(JsonNode connection) {
        if (wire == Wire.QUIC) {
            assertThat(connection.path("addr").asText()).contains("/quic-v1");
            return;
        }
        assertThat(connection.path("security").asText())
                .isEqualTo(wire == Wire.NOISE ? "/noise" : "/tls/1.0.0");
        assertThat(connection.path("muxer").asText()).isEqualTo("/yamux/1.0.0");
    }

    private static ObjectNode echo(TestHost host, boolean halfClose) {
        return command("echo").put("addr", host.address()).put("halfClose", halfClose);
    }

    final void exchangeWithoutEarlyMuxer() {
        try (InteropPeer peer = peer();
                TestHost dialer = TestHost.startWithoutEarlyMuxer(wire);
                TestHost listener = TestHost.startWithoutEarlyMuxer(wire)) {
            exchangeAll(dialer, dialer.know(peer.address()));
            askForAll(peer, listener, true);
        }
    }

    private static void exchangeAll(TestHost host, PeerId peer) {
        List<CompletableFuture<Void>> all = IntStream.of(SIZES)
                .boxed()
                .flatMap(size -> Stream.of(true, false)
                        .map(halfClose -> host
                                .onLoop(() -> Echo.exchange(host.host(), peer, size, halfClose))))
                .toList();
        all.forEach(host::await);
    }

    private static void askForAll(InteropPeer peer, TestHost host, boolean halfClose) {
        ObjectNode all = echo(host, halfClose);
        IntStream.of(SIZES).forEach(all.withArray("sizes")::add);
        assertThat(peer.run(all).path("totalBytes").asLong()).isEqualTo(IntStream.of(SIZES).sum());
    }

    @Test
    void dial_peer_identifiesPingsAndIsTold() {
        try (InteropPeer peer = peer(); TestHost host = wire.start()) {
            PeerId id = host.know(peer.address());
            Void ignored = host.get(() -> host.host().connect(id));
            assertThat(host.identified(id)).contains(Ping.PROTOCOL, Echo.PROTOCOL);
            assertThat(host.get(() -> host.host().ping().ping(id))).isPositive();
            assertThat(host
                    .onLoop(() -> host.host().swarm().identityOf(id).orElseThrow().agentVersion()))
                    .startsWith("beemesh-interop-");
            JsonNode connection = peer.run(command("connections")).path("connections").path(0);
            assertThat(connection.path("peer").asText()).isEqualTo(host.id().toString());
            assertThat(connection.path("direction").asText()).isEqualTo("inbound");
            checkWire(connection);
        }
    }

    @Test
    void dialed_byPeer_identifiesAndAnswersPings() {
        try (InteropPeer peer = peer("--listen", "none"); TestHost host = wire.start()) {
            JsonNode connection = peer.run(command("dial").put("addr", host.address()));
            checkWire(connection);
            assertThat(peer.run(command("ping").put("addr", host.address()).put("count", 3))
                    .path("rttMs")).hasSize(3);
            JsonNode told = peer.run(command("protocols").put("addr", host.address()));
            assertThat(told.path("protocols").toString()).contains(Echo.PROTOCOL.name(),
                    "/ipfs/id/push/1.0.0");
            assertThat(told.path("agentVersion").asText()).startsWith("beemesh-libp2p/");
            assertThat(told.path("listenAddrs").toString())
                    .contains(wire == Wire.QUIC ? "/ip4/127.0.0.1/udp/" : "/ip4/127.0.0.1/tcp/");
            checkRecord(told);
        }
    }

    /** The signed record, where the implementation shows it. */
    abstract void checkRecord(JsonNode told);

    @Test
    void exchange_manySizesBothWays_allComeBack() {
        try (InteropPeer peer = peer(); TestHost host = wire.start()) {
            exchangeAll(host, host.know(peer.address()));
            askForAll(peer, host, true);
            askForAll(peer, host, false);
            assertThat(host.failures()).isZero();
        }
    }

    @Test
    void exchange_overIpv6_comesBack() {
        try (InteropPeer peer = peer("--listen", wire.listen("/ip6/::1"));
                TestHost host = wire.start("/ip6/::1")) {
            PeerId id = host.know(peer.address());
            Void ignored = host.get(() -> Echo.exchange(host.host(), id, 20_000, true));
            JsonNode reply = peer.run(echo(host, true).put("size", 20_000));
            assertThat(reply.path("totalBytes").asInt()).isEqualTo(20_000);
        }
    }

    @Test
    void exchange_manyStreamsBothWays_allComeBack() {
        try (InteropPeer peer = peer(); TestHost host = wire.start()) {
            PeerId id = host.know(peer.address());
            List<CompletableFuture<Void>> all = IntStream.range(0, 200)
                    .mapToObj(i -> host
                            .onLoop(() -> Echo.exchange(host.host(), id, 20_000 + i, true)))
                    .toList();
            all.forEach(host::await);
            JsonNode reply = peer.run(echo(host, true).put("size", 20_000).put("streams", 200));
            assertThat(reply.path("results")).hasSize(200);
        }
    }

    @Test
    void negotiate_unknownProtocol_isRefusedByBoth() {
        try (InteropPeer peer = peer(); TestHost host = wire.start()) {
            PeerId id = host.know(peer.address());
            CompletableFuture<Object> refused = new CompletableFuture<>();
            boolean asked = host.onLoop(() -> {
                host.host().newStream(id, List.of(LATE, new ProtocolId("/beemesh/none/1.0.0")))
                        .whenComplete(
                                (stream, failure) -> refused
                                        .complete(failure == null ? stream : failure));
                return true;
            });
            assertThat(asked).isTrue();
            assertThat(host.await(refused).toString()).contains("speaks none of");
            JsonNode reply = peer.ask(command("negotiate").put("peer", host.id().toString())
                    .put("protocol", LATE.name()));
            assertThat(reply.path("ok").asBoolean()).isFalse();
            ObjectNode second = command("negotiate").put("peer", host.id().toString());
            second.withArray("protocols").add(LATE.name()).add(Echo.PROTOCOL.name());
            assertThat(peer.run(second).path("protocol").asText()).isEqualTo(Echo.PROTOCOL.name());
        }
    }

    @Test
    void push_bothWays_arrives() {
        try (InteropPeer peer = peer(); TestHost host = wire.start()) {
            PeerId id = host.know(peer.address());
            Void ignored = host.get(() -> host.host().connect(id));
            assertThat(host.identified(id)).doesNotContain(LATE);
            JsonNode handled = peer.run(command("handle").put("protocol", LATE.name()));
            assertThat(handled.path("ok").asBoolean()).isTrue();
            host.until(() -> host.host().protocolsOf(id).contains(LATE));
            boolean served = host.onLoop(() -> {
                host.host().handle(LATE, stream -> stream.reset());
                return true;
            });
            assertThat(served).isTrue();
            Eventually.within(LIMIT, () -> assertThat(
                    peer.run(command("peer").put("peer", host.id().toString())).path("protocols")
                            .toString())
                    .contains(LATE.name()));
        }
    }

    @Test
    void disconnect_byEither_isSeenByTheOther() {
        try (InteropPeer peer = peer(); TestHost host = wire.start()) {
            PeerId id = host.know(peer.address());
            Void ignored = host.get(() -> host.host().connect(id));
            // Who dials is done first: a peer that has no connection yet has none to end.
            Eventually.within(LIMIT, () -> assertThat(connections(peer)).isNotEmpty());
            JsonNode gone = peer.run(command("hangup").put("peer", host.id().toString()));
            assertThat(gone.path("ok").asBoolean()).isTrue();
            host.until(() -> host.host().connectedPeers().isEmpty());
            ignored = host.get(() -> host.host().connect(id));
            boolean closed = host.onLoop(() -> {
                host.host().disconnect(id);
                return true;
            });
            assertThat(closed).isTrue();
            Eventually.within(LIMIT, () -> assertThat(connections(peer)).isEmpty());
        }
    }

    private static JsonNode connections(InteropPeer peer) {
        return peer.run(command("connections")).path("connections");
    }
}
