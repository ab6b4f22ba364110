package io.beemesh.libp2p.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class SimulatedNetworkTest {
    private static final ProtocolId ECHO = new ProtocolId("/echo/1.0.0");

    private final Simulation simulation = new Simulation(7);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.wan());

    /** Records what arrives; the first 4 bytes of each write are a number. */
    private static class Recorder implements StreamReader {
        final List<Integer> numbers = new ArrayList<>();
        boolean ended;
        boolean reset;

        @Override
        public void onData(ByteBuffer bytes) {
            while (bytes.remaining() >= 4) {
                numbers.add(bytes.getInt());
            }
        }

        @Override
        public void onEnd() {
            ended = true;
        }

        @Override
        public void onReset(StreamResetException cause) {
            reset = true;
        }
    }

    private SimulatedHost host() {
        return network.newHost();
    }

    private static Recorder record(SimulatedHost host) {
        Recorder recorder = new Recorder();
        host.handle(ECHO, stream -> {
            stream.reader(recorder);
            stream.request(Long.MAX_VALUE);
        });
        return recorder;
    }

    private CompletableFuture<Stream> open(SimulatedHost from, SimulatedHost to) {
        from.addressBook().add(to.peerId(), to.listenAddresses(), Duration.ofHours(1));
        return from.newStream(to.peerId(), List.of(ECHO));
    }

    private Stream opened(SimulatedHost from, SimulatedHost to, Recorder reader) {
        CompletableFuture<Stream> stream = open(from, to);
        simulation.runUntil(stream::isDone, Duration.ofSeconds(10));
        stream.join().reader(reader);
        stream.join().request(Long.MAX_VALUE);
        return stream.join();
    }

    private static ByteBuffer number(int i) {
        return ByteBuffer.allocate(4).putInt(i).flip();
    }

    @Test
    void write_delayedLoss_arrivesInOrder() {
        network.conditions(NetworkConditions.wan().withLoss(0.05, 0));
        SimulatedHost b = host();
        Recorder received = record(b);
        Recorder replies = new Recorder();
        Stream stream = opened(host(), b, replies);
        List<Integer> sent = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            sent.add(i);
            stream.write(number(i));
        }
        stream.closeWrite();
        simulation.run(Duration.ofMinutes(2));
        assertThat(received.numbers).isEqualTo(sent);
        assertThat(received.ended).isTrue();
        assertThat(network.counters().delayed()).isBetween(60L, 160L);
        // The pair's own latency, and 200 ms or more for each one in twenty that was lost.
        assertThat(network.counters().latencyNanosMean()).isBetween(15_000_000L, 130_000_000L);
    }

    @Test
    void write_severalStreams_overtakeEachOther() {
        SimulatedHost a = host();
        SimulatedHost b = host();
        record(b);
        for (int i = 0; i < 50; i++) {
            opened(a, b, new Recorder()).write(number(i));
        }
        simulation.run(Duration.ofSeconds(1));
        for (int i = 0; i < 50; i++) {
            opened(a, b, new Recorder()).write(number(i));
        }
        assertThat(network.counters().reordered()).isPositive();
    }

    @Test
    void write_broken_resetsBothEnds() {
        SimulatedHost b = host();
        Recorder received = record(b);
        Recorder replies = new Recorder();
        Stream stream = opened(host(), b, replies);
        simulation.run(Duration.ofSeconds(1));
        network.conditions(NetworkConditions.wan().withLoss(0, 1));
        stream.write(number(1));
        simulation.run(Duration.ofSeconds(1));
        assertThat(received.reset).isTrue();
        assertThat(replies.reset).isTrue();
        assertThat(received.numbers).isEmpty();
        assertThat(network.counters().broken()).isEqualTo(1);
    }

    @Test
    void write_noCredit_waitsAndIsBounded() {
        SimulatedHost b = host();
        Recorder received = new Recorder();
        List<Stream> inbound = new ArrayList<>();
        b.handle(ECHO, stream -> {
            stream.reader(received);
            inbound.add(stream);
        });
        Stream stream = opened(host(), b, new Recorder());
        assertThat(stream.write(ByteBuffer.allocate(SimulatedStream.WINDOW_BYTES))).isCompleted();
        CompletableFuture<Void> second = stream.write(number(5));
        simulation.run(Duration.ofSeconds(1));
        assertThat(second).isNotDone();
        assertThat(received.numbers).isEmpty();
        inbound.getFirst().request(Long.MAX_VALUE);
        simulation.run(Duration.ofSeconds(1));
        assertThat(second).isCompleted();
        assertThat(received.numbers.getLast()).isEqualTo(5);
    }

    @Test
    void partition_oneWay_holdsWritesThenLosesConnection() {
        SimulatedHost a = host();
        SimulatedHost b = host();
        Recorder atB = record(b);
        Recorder atA = new Recorder();
        Stream stream = opened(a, b, atA);
        simulation.run(Duration.ofSeconds(1));
        network.partition((from, to) -> from == a);
        stream.write(number(1));
        simulation.run(Duration.ofSeconds(5));
        assertThat(atB.numbers).isEmpty();
        network.heal();
        simulation.run(Duration.ofSeconds(1));
        assertThat(atB.numbers).containsExactly(1);
        network.partition((from, to) -> from == a);
        List<PeerEvent> events = new ArrayList<>();
        a.onPeerEvent(events::add);
        simulation.run(Duration.ofSeconds(30));
        assertThat(atA.reset).isTrue();
        assertThat(events).containsExactly(new PeerEvent.Disconnected(b.peerId()));
        CompletableFuture<Stream> dial = open(a, b);
        simulation.run(Duration.ofSeconds(6));
        assertThat(dial).isCompletedExceptionally();
        assertThat(network.counters().blocked()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void crash_connectedPeer_noticesBySilenceAndRestartIsReachable() {
        SimulatedHost a = host();
        SimulatedHost b = host();
        record(b);
        Recorder atA = new Recorder();
        Stream unused = opened(a, b, atA);
        assertThat(unused.isOpen()).isTrue();
        network.crash(b);
        simulation.run(Duration.ofSeconds(10));
        assertThat(atA.reset).isFalse();
        simulation.run(Duration.ofSeconds(15));
        assertThat(atA.reset).isTrue();
        SimulatedHost again = network.newHost(b.peerId());
        Recorder atB = record(again);
        opened(a, again, new Recorder()).write(number(9));
        simulation.run(Duration.ofSeconds(1));
        assertThat(atB.numbers).containsExactly(9);
        assertThat(network.counters().crashes()).isEqualTo(1);
    }

    @Test
    void stop_dial_isRefusedQuickly() {
        SimulatedHost a = host();
        SimulatedHost b = host();
        network.stop(b);
        CompletableFuture<Stream> dial = open(a, b);
        simulation.run(Duration.ofSeconds(1));
        assertThat(dial).isCompletedExceptionally();
    }

    @Test
    void newStream_unknownProtocol_fails() {
        SimulatedHost a = host();
        SimulatedHost b = host();
        CompletableFuture<Stream> stream = open(a, b);
        simulation.run(Duration.ofSeconds(2));
        assertThat(stream).isCompletedExceptionally();
        assertThat(network.counters().streamsRefused()).isEqualTo(1);
    }

    @Test
    void run_sameSeed_isTheSame() {
        assertThat(trace(3)).isEqualTo(trace(3)).isNotEqualTo(trace(4));
    }

    private static String trace(long seed) {
        Simulation simulation = new Simulation(seed);
        SimulatedNetwork network = new SimulatedNetwork(simulation,
                NetworkConditions.wan().withLoss(0.05, 0.02));
        StringBuilder trace = new StringBuilder();
        SimulatedHost b = network.newHost();
        b.handle(ECHO, stream -> {
            stream.reader(new Recorder() {
                @Override
                public void onData(ByteBuffer bytes) {
                    trace.append(simulation.nanoTime()).append(' ');
                }
            });
            stream.request(Long.MAX_VALUE);
        });
        for (int i = 0; i < 30; i++) {
            SimulatedHost a = network.newHost();
            a.addressBook().add(b.peerId(), b.listenAddresses(), Duration.ofHours(1));
            a.newStream(b.peerId(), List.of(ECHO)).thenAccept(stream -> {
                stream.reader(new Recorder());
                stream.write(number(1));
            });
        }
        simulation.run(Duration.ofSeconds(30));
        return trace.append(network.counters()).toString();
    }
}
