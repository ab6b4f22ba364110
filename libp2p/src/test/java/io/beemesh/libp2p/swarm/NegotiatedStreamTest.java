package io.beemesh.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multistream.MultistreamDialer;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.libp2p.yamux.Collector;
import io.beemesh.libp2p.yamux.ReceiveBudget;
import io.beemesh.libp2p.yamux.YamuxConfig;
import io.beemesh.libp2p.yamux.YamuxException;
import io.beemesh.libp2p.yamux.YamuxSide;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that agree on their protocol, over two sessions whose bytes the test carries. */
class NegotiatedStreamTest {
    private static final ProtocolId ECHO = new ProtocolId("/echo/1");
    private static final PrivateKey KEY = PrivateKey.fromSeed(new byte[PrivateKey.SEED_BYTES]);

    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();
    private final ReceiveBudget budget = new ReceiveBudget(1 << 20, 1 << 20);
    private final YamuxSide dialer = new YamuxSide(loop, YamuxConfig.defaults(), budget, true);
    private final YamuxSide listener = new YamuxSide(loop, YamuxConfig.defaults(), budget, false);
    private final List<NegotiatedStream> served = new ArrayList<>();

    private static NegotiatedStream.Remote remote() {
        return new NegotiatedStream.Remote(KEY.peerId(), address());
    }

    private static Multiaddr address() {
        try {
            return Multiaddr.parse("/ip4/10.0.0.1/tcp/4001");
        } catch (FormatException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private NegotiatedStream lazy() throws Libp2pException {
        return NegotiatedStream.lazy(loop, dialer.session().open(), remote(), ECHO);
    }

    private void answer(boolean speaks) {
        NegotiatedStream stream = NegotiatedStream.answer(loop, listener.accepted().getFirst(),
                remote(), protocol -> speaks && protocol.equals(ECHO), served::add);
        assertThat(stream.isInbound()).isTrue();
    }

    /** Carries what the one side has to send now: there is no way back in it. */
    private void carry(YamuxSide from, YamuxSide to, int cut) throws YamuxException {
        assertThat(from.carryTo(to, cut)).isTrue();
        simulation.run(Duration.ofMillis(1));
    }

    private void exchange() throws YamuxException {
        boolean more = true;
        while (more) {
            boolean there = dialer.carryTo(listener, 65_519);
            more = listener.carryTo(dialer, 65_519) || there;
            simulation.run(Duration.ofMillis(1));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 65_519})
    void lazy_peerSpeaksIt_dataGoesWithTheProposal(int cut) throws Libp2pException, YamuxException {
        NegotiatedStream stream = lazy();
        assertThat(stream.agreed()).isCompletedWithValue(stream);
        assertThat(stream.write(ByteBuffer.wrap(bytes("question")))).isNotNull();
        stream.closeWrite();
        carry(dialer, listener, cut);
        answer(true);
        simulation.run(Duration.ofMillis(1));

        Collector question = new Collector();
        served.getFirst().reader(question);
        served.getFirst().request(Long.MAX_VALUE);
        simulation.run(Duration.ofMillis(1));
        assertThat(question.bytes()).isEqualTo(bytes("question"));
        assertThat(question.ended()).isTrue();

        Collector answer = new Collector();
        stream.reader(answer);
        stream.request(4);
        assertThat(served.getFirst().write(ByteBuffer.wrap(bytes("answered")))).isNotNull();
        served.getFirst().closeWrite();
        carry(listener, dialer, cut);
        assertThat(answer.bytes()).isEqualTo(bytes("answ"));
        stream.request(Long.MAX_VALUE);
        simulation.run(Duration.ofMillis(1));
        assertThat(answer.bytes()).isEqualTo(bytes("answered"));
        assertThat(answer.ended()).isTrue();
    }

    @Test
    void lazy_peerSpeaksItNoMore_isReset() throws Libp2pException, YamuxException {
        NegotiatedStream stream = lazy();
        Collector collector = new Collector();
        stream.reader(collector);
        stream.request(1);
        assertThat(stream.write(ByteBuffer.wrap(bytes("question")))).isNotNull();
        carry(dialer, listener, 65_519);
        answer(false);
        simulation.run(Duration.ofMillis(1));
        exchange();
        assertThat(collector.reset()).isTrue();
        assertThat(collector.bytes()).isEmpty();
        assertThat(served).isEmpty();
        assertThat(dialer.session().streamCount() + listener.session().streamCount()).isZero();
        assertThat(budget.bufferedBytes()).isZero();
    }

    @Test
    void lazy_peerAnswersAnotherProtocol_isReset() throws Libp2pException, YamuxException {
        NegotiatedStream stream = lazy();
        Collector collector = new Collector();
        stream.reader(collector);
        carry(dialer, listener, 65_519);
        byte[] other = new MultistreamDialer(List.of(new ProtocolId("/other/1"))).opening();
        assertThat(listener.accepted().getFirst().write(ByteBuffer.wrap(other))).isNotNull();
        exchange();
        assertThat(collector.reset()).isTrue();
        assertThat(stream.isOpen()).isFalse();
    }

    /** Of each pair of streams one says nothing, the other begins a proposal; nor is identify answered. */
    @Test
    void accept_streamsThatNeverNegotiate_areResetInTime() throws Libp2pException, YamuxException {
        Swarm swarm = new Swarm(loop, KEY,
                SwarmConfig.defaults().withTimes(Duration.ofSeconds(3), Duration.ofSeconds(20)),
                ConnectionGater.open());
        SideConnection connection = new SideConnection();
        loop.run(() -> swarm.onConnection(connection));
        for (int i = 0; i < 50; i++) {
            assertThat(dialer.session().open().isOpen()).isTrue();
            assertThat(dialer.session().open().write(ByteBuffer.wrap(bytes("\u0013/multi"))))
                    .isNotNull();
        }
        exchange();
        loop.run(() -> listener.accepted().forEach(connection.streams));
        simulation.run(Duration.ofMillis(2_900));
        exchange();
        assertThat(listener.session().streamCount()).isEqualTo(101);
        simulation.run(Duration.ofMillis(200));
        exchange();
        assertThat(listener.session().streamCount()).isZero();
        assertThat(dialer.session().streamCount()).isZero();
        assertThat(budget.bufferedBytes()).isZero();
        assertThat(swarm.connectedPeers()).containsExactly(PeerId.of(connection.remoteKey()));
    }

    /** The listener's side as a swarm has it. */
    private final class SideConnection implements Connection {
        private Consumer<ByteStream> streams = stream -> {
        };

        @Override
        public PublicKey remoteKey() {
            byte[] seed = new byte[PrivateKey.SEED_BYTES];
            seed[0] = 1;
            return PrivateKey.fromSeed(seed).publicKey();
        }

        @Override
        public Multiaddr remoteAddress() {
            return address();
        }

        @Override
        public boolean isInbound() {
            return true;
        }

        @Override
        public CompletableFuture<ByteStream> openStream() {
            try {
                return CompletableFuture.completedFuture(listener.session().open());
            } catch (Libp2pException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        @Override
        public int streamCount() {
            return listener.session().streamCount();
        }

        @Override
        public void onStream(Consumer<ByteStream> newStreams) {
            streams = newStreams;
        }

        @Override
        public void onClosed(Runnable closed) {
            // It lasts as long as the test.
        }

        @Override
        public void close() {
            listener.session().close("closed");
        }

        @Override
        public boolean acceptsStreams() {
            return true;
        }
    }
}
