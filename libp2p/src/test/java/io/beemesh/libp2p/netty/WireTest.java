package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.identify.IdentifyMessage;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerRecord;
import io.beemesh.libp2p.ping.Ping;
import io.beemesh.libp2p.quic.QuicConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a host does over each wire. */
class WireTest {
    private static final ProtocolId LATE = new ProtocolId("/beemesh/late/1.0.0");

    @ParameterizedTest
    @EnumSource
    void connect_bothSides_identifyEachOther(Wire wire) throws FormatException {
        try (TestHost a = wire.start(); TestHost b = wire.start()) {
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

    @ParameterizedTest
    @EnumSource
    void exchange_manySizesAtOnce_allComeBack(Wire wire) {
        try (TestHost a = wire.start(); TestHost b = wire.start()) {
            a.know(b.address());
            int[] sizes = {0, 1, 2, 100, 16_384, 65_519, 65_520, 262_144, 262_145, 1_000_000,
                    16 << 20};
            List<CompletableFuture<Void>> all = IntStream.of(sizes).boxed()
                    .flatMap(size -> java.util.stream.Stream.of(true, false)
                            .filter(halfClose -> halfClose || size > 0)
                            .map(halfClose -> a.onLoop(
                                    () -> Echo.exchange(a.host(), b.id(), size, halfClose))))
                    .toList();
            all.forEach(a::await);
            a.until(() -> a.host().swarm().connectionCount() == 1);
            assertThat(a.failures() + b.failures()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void exchange_peerKnownByName_comesBack(Wire wire) {
        try (TestHost b = wire.start()) {
            for (String name : List.of("/dns/localhost", "/dns4/localhost")) {
                try (TestHost a = wire.start()) {
                    a.know(b.address().replace("/ip4/127.0.0.1", name));
                    Void ignored = a.get(() -> Echo.exchange(a.host(), b.id(), 1000, true));
                    assertThat(a.failures() + b.failures()).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void exchange_twoHundredStreams_allComeBack(Wire wire) {
        try (TestHost a = wire.start(); TestHost b = wire.start()) {
            a.know(b.address());
            List<CompletableFuture<Void>> all = IntStream.range(0, 200)
                    .mapToObj(i -> a.onLoop(() -> Echo.exchange(a.host(), b.id(), 5000 + i, true)))
                    .toList();
            all.forEach(a::await);
            assertThat(b.onLoop(() -> b.host().swarm().connectionCount())).isEqualTo(1);
            assertThat(a.failures() + b.failures()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void newStream_unknownProtocol_failsAndStaysAlive(Wire wire) {
        try (TestHost a = wire.start(); TestHost b = wire.start()) {
            a.know(b.address());
            assertThatThrownBy(() -> a.get(() -> a.host().newStream(b.id(), List.of(LATE))))
                    .hasMessageContaining("speaks none");
            Void ignored = a.get(() -> Echo.exchange(a.host(), b.id(), 10, true));
        }
    }

    @ParameterizedTest
    @EnumSource
    void connect_anotherPeerAnswers_refuses(Wire wire) {
        try (TestHost a = wire.start(); TestHost b = wire.start(); TestHost c = wire.start()) {
            String address = b.address();
            a.know(c.id(), address.substring(0, address.indexOf("/p2p/")));
            assertThatThrownBy(() -> a.get(() -> a.host().connect(c.id())))
                    .hasMessageContaining("expected");
            assertThat(a.onLoop(() -> a.host().connectedPeers())).isEmpty();
            b.until(() -> b.host().connectedPeers().isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource
    void disconnect_either_tellsBothAndFailsStreams(Wire wire) {
        try (TestHost a = wire.start(); TestHost b = wire.start()) {
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

    /** Writes until the future of a write stays open; counts what was taken. */
    private static final class Sender {
        private final Stream stream;
        private long taken;

        Sender(Stream stream) {
            this.stream = stream;
        }

        void more() {
            stream.write(ByteBuffer.allocate(16_384)).thenRun(() -> {
                taken += 16_384;
                more();
            });
        }
    }

    private static final class Counter implements StreamReader {
        private long bytes;
        private boolean reset;

        @Override
        public void onData(ByteBuffer data) {
            bytes += data.remaining();
        }

        @Override
        public void onEnd() {
            // Not expected.
        }

        @Override
        public void onReset(StreamResetException cause) {
            reset = true;
        }
    }

    @ParameterizedTest
    @EnumSource
    void read_withoutCredit_stopsTheSender(Wire wire) {
        try (TestHost a = wire.start(); TestHost b = wire.start()) {
            Counter counter = new Counter();
            Stream[] accepted = new Stream[1];
            boolean served = b.onLoop(() -> {
                b.host().handle(LATE, stream -> {
                    accepted[0] = stream;
                    stream.reader(counter);
                    stream.request(100_000);
                });
                return true;
            });
            a.know(b.address());
            Stream stream = a.get(() -> a.host().newStream(b.id(), List.of(LATE)));
            Sender sender = a.onLoop(() -> {
                Sender made = new Sender(stream);
                made.more();
                return made;
            });
            b.until(() -> counter.bytes == 100_000);
            Duration round = a.get(() -> a.host().ping().ping(b.id()));
            assertThat(b.onLoop(() -> counter.bytes)).isEqualTo(100_000);
            // The windows of both sides and no more.
            assertThat(a.onLoop(() -> sender.taken)).isLessThan(3L << 20);
            boolean asked = b.onLoop(() -> {
                accepted[0].request(10_000_000);
                return true;
            });
            b.until(() -> counter.bytes == 10_100_000);
            boolean reset = a.onLoop(() -> {
                stream.reset();
                return true;
            });
            // QUIC tells of it with the next read after what is under way.
            asked &= b.onLoop(() -> {
                accepted[0].request(100_000_000);
                return true;
            });
            b.until(() -> counter.reset);
            assertThat(served && asked && reset && round.isPositive()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void newStream_deadline_endsWhatIsNotOverOnBothSides(Wire wire) {
        try (TestHost a = wire.start(); TestHost b = wire.start()) {
            Counter served = new Counter();
            boolean serves = b.onLoop(() -> {
                b.host().handle(LATE, stream -> {
                    stream.reader(served);
                    stream.request(Long.MAX_VALUE);
                });
                return true;
            });
            a.know(b.address());
            Void ignored = a.get(() -> a.host().connect(b.id()));
            Counter answer = new Counter();
            Stream stream = a.get(() -> a.host().newStream(b.id(), List.of(LATE),
                    Duration.ofSeconds(2)));
            boolean asked = a.onLoop(() -> {
                stream.reader(answer);
                stream.request(100);
                return stream.write(ByteBuffer.allocate(100)) != null;
            });
            b.until(() -> served.bytes == 100);
            a.until(() -> answer.reset);
            b.until(() -> served.reset);
            assertThat(serves && asked).isTrue();
            assertThat(stream.isOpen()).isFalse();
        }
    }

    @Test
    void newStream_peerNeverAnswers_failsAtTheDeadline() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            a.know(b.id(), "/ip4/127.0.0.1/tcp/" + silent.getLocalPort());
            assertThatThrownBy(() -> a.get(() -> a.host().newStream(b.id(), List.of(LATE),
                    Duration.ofMillis(200)))).hasMessageContaining("within PT0.2S");
        }
    }

    @Test
    void idle_longerThanTheTimeout_isKeptAlive() {
        QuicConfig hasty = QuicConfig.defaults().withIdleTimeout(Duration.ofSeconds(1));
        String address = "/ip4/127.0.0.1/udp/0/quic-v1";
        try (TestHost a = TestHost.start(config -> config.withQuic(hasty), address);
                TestHost b = TestHost.start(config -> config.withQuic(hasty), address)) {
            a.know(b.address());
            Void ignored = a.get(() -> a.host().connect(b.id()));
            long start = System.nanoTime();
            a.until(() -> System.nanoTime() - start > Duration.ofSeconds(3).toNanos());
            assertThat(a.onLoop(() -> a.host().connectedPeers())).contains(b.id());
            b.host().close();
            a.until(() -> a.host().connectedPeers().isEmpty());
        }
    }
}
