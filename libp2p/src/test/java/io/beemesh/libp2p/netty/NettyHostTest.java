package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.identify.IdentifyMessage;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerRecord;
import io.beemesh.libp2p.ping.Ping;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NettyHostTest {
    private static final ProtocolId LATE = new ProtocolId("/beemesh/late/1.0.0");

    @Test
    void connect_bothSides_identifyEachOther() throws FormatException {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            a.know(b.address());
            Void ignored = a.get(() -> a.host().connect(b.id()));
            assertThat(a.identified(b.id())).contains(Ping.PROTOCOL, Echo.PROTOCOL,
                    IdentifyMessage.PROTOCOL, IdentifyMessage.PUSH);
            assertThat(b.identified(a.id())).contains(Ping.PROTOCOL, Echo.PROTOCOL);
            assertThat(b.onLoop(() -> b.host().addressBook().addresses(a.id())))
                    .containsAll(a.onLoop(() -> a.host().listenAddresses()));
            assertThat(a.get(() -> a.host().ping().ping(b.id()))).isBetween(Duration.ofNanos(1),
                    Duration.ofSeconds(10));
            PeerRecord record = PeerRecord
                    .open(a.onLoop(() -> a.host().signedRecordOf(b.id())));
            assertThat(record.peer()).isEqualTo(b.id());
            assertThat(record.addresses()).isEqualTo(b.onLoop(() -> b.host().listenAddresses()));
            assertThat(a.failures() + b.failures()).isZero();
        }
    }

    @Test
    void handle_whileConnected_isPushed() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            a.know(b.address());
            Void ignored = a.get(() -> a.host().connect(b.id()));
            assertThat(a.identified(b.id())).doesNotContain(LATE);
            assertThat(b.identified(a.id())).isNotEmpty();
            boolean done = b.onLoop(() -> {
                b.host().handle(LATE, stream -> stream.reset());
                return true;
            });
            a.until(() -> a.host().protocolsOf(b.id()).contains(LATE));
            assertThat(done).isTrue();
        }
    }

    @Test
    void exchange_manySizesAtOnce_allComeBack() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            a.know(b.address());
            exchangeAll(a, b);
        }
    }

    private static void exchangeAll(TestHost a, TestHost b) {
        int[] sizes = {0, 1, 2, 100, 65_519, 65_520, 262_144, 262_145, 1_000_000, 16 << 20};
        List<CompletableFuture<Void>> all = IntStream.of(sizes)
                .boxed()
                .flatMap(size -> Stream.of(true, false)
                        .filter(halfClose -> halfClose || size > 0)
                        .map(halfClose -> a
                                .onLoop(() -> Echo.exchange(a.host(), b.id(), size, halfClose))))
                .toList();
        all.forEach(a::await);
        a.until(() -> a.host().swarm().connectionCount() == 1);
        assertThat(a.failures() + b.failures()).isZero();
    }

    @Test
    void exchange_twoHundredStreams_allComeBack() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            a.know(b.address());
            List<CompletableFuture<Void>> all = IntStream.range(0, 200)
                    .mapToObj(i -> a.onLoop(() -> Echo.exchange(a.host(), b.id(), 5000 + i, true)))
                    .toList();
            all.forEach(a::await);
            assertThat(b.onLoop(() -> b.host().swarm().connectionCount())).isEqualTo(1);
        }
    }

    @Test
    void exchange_unixSocket_comesBack(@TempDir Path folder) {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start(config -> config, "/unix" + folder.resolve("b.sock"))) {
            a.know(b.id(), "/unix" + folder.resolve("b.sock"));
            Void ignored = a.get(() -> Echo.exchange(a.host(), b.id(), 1_000_000, true));
            assertThat(a.identified(b.id())).contains(Echo.PROTOCOL);
        }
    }

    @Test
    void newStream_unknownProtocolOrPeer_failsAndStaysAlive() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            assertThatThrownBy(() -> a.get(() -> a.host().connect(b.id())))
                    .hasMessageContaining("no address");
            String wrongPort = b.address();
            a.know(a.id(), wrongPort);
            assertThatThrownBy(() -> a.get(() -> a.host().newStream(b.id(), List.of(LATE))))
                    .hasMessageContaining("a moment ago");
            try (TestHost c = TestHost.start()) {
                c.know(b.address());
                assertThatThrownBy(() -> c.get(() -> c.host().newStream(b.id(), List.of(LATE))))
                        .hasMessageContaining("speaks none");
                Void ignored = c.get(() -> Echo.exchange(c.host(), b.id(), 10, true));
                assertThatThrownBy(() -> c.get(() -> c.host().connect(c.id())))
                        .hasMessageContaining("itself");
            }
        }
    }

    @Test
    void connect_anotherPeerAnswers_refuses() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start();
                TestHost c = TestHost.start()) {
            String address = b.address();
            a.know(c.id(), address.substring(0, address.indexOf("/p2p/")));
            assertThatThrownBy(() -> a.get(() -> a.host().connect(c.id())))
                    .hasMessageContaining("expected");
            assertThat(a.onLoop(() -> a.host().connectedPeers())).isEmpty();
        }
    }

    @Test
    void disconnect_either_tellsBothAndFailsStreams() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            a.know(b.address());
            CompletableFuture<Void> exchange = a
                    .onLoop(() -> Echo.exchange(a.host(), b.id(), 256 << 20, true));
            b.until(() -> !b.host().connectedPeers().isEmpty());
            boolean done = b.onLoop(() -> {
                b.host().disconnect(a.id());
                return true;
            });
            assertThatThrownBy(() -> a.await(exchange)).isInstanceOf(AssertionError.class);
            a.until(() -> a.host().connectedPeers().isEmpty());
            b.until(() -> b.host().connectedPeers().isEmpty());
            assertThat(done).isTrue();
        }
    }
}
