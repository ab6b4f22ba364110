package io.beemesh.libp2p.ping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class PingTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final Simulation simulation = new Simulation(1);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.lan());
    private final SimulatedHost asker = network.newHost();
    private final SimulatedHost answerer = network.newHost();
    private final Ping ping = new Ping(asker, simulation.newRandom(), TIMEOUT);

    private Duration ping() {
        CompletableFuture<Duration> result = new CompletableFuture<>();
        asker.loop().run(() -> {
            asker.addressBook().add(answerer.peerId(), answerer.listenAddresses(),
                    Duration.ofHours(1));
            ping.ping(answerer.peerId()).whenComplete((time, failure) -> {
                if (failure == null) {
                    result.complete(time);
                } else {
                    result.completeExceptionally(failure);
                }
            });
        });
        simulation.runUntil(result::isDone, Duration.ofMinutes(1));
        return result.join();
    }

    /** Reads everything and does with it what the test says. */
    private record Reader(Consumer<ByteBuffer> then) implements StreamReader {
        @Override
        public void onData(ByteBuffer bytes) {
            then.accept(bytes);
        }

        @Override
        public void onEnd() {
            // Not of interest.
        }

        @Override
        public void onReset(StreamResetException cause) {
            // Not of interest.
        }
    }

    private void answerBy(Consumer<Stream> onBlock) {
        answerer.loop().run(() -> answerer.handle(Ping.PROTOCOL, stream -> {
            stream.reader(new Reader(bytes -> onBlock.accept(stream)));
            stream.request(Long.MAX_VALUE);
        }));
    }

    @Test
    void ping_answered_measuresTheRoundTrip() {
        answerer.loop().run(new Ping(answerer, simulation.newRandom(), TIMEOUT)::start);
        assertThat(ping()).isBetween(Duration.ofMillis(2), Duration.ofMillis(3));
        assertThat(ping()).isBetween(Duration.ofMillis(2), Duration.ofMillis(3));
    }

    @Test
    void ping_otherBytesComeBack_fails() {
        answerBy(stream -> stream.write(ByteBuffer.allocate(32)));
        assertThatThrownBy(this::ping).hasMessageContaining("other bytes");
    }

    @Test
    void ping_notAnswered_failsInTime() {
        answerBy(stream -> {
        });
        long before = simulation.nanoTime();
        assertThatThrownBy(this::ping).hasMessageContaining("not answered");
        assertThat(Duration.ofNanos(simulation.nanoTime() - before))
                .isLessThan(TIMEOUT.plusSeconds(1));
    }

    @Test
    void ping_streamEnds_fails() {
        answerBy(Stream::closeWrite);
        assertThatThrownBy(this::ping).hasMessageContaining("without an answer");
        answerBy(Stream::reset);
        assertThatThrownBy(this::ping).hasRootCauseInstanceOf(StreamResetException.class);
    }

    @Test
    void ping_served_answersBlocksInAnyPieces() {
        answerer.loop().run(new Ping(answerer, simulation.newRandom(), TIMEOUT)::start);
        int[] got = new int[1];
        asker.loop().run(() -> {
            asker.addressBook().add(answerer.peerId(), answerer.listenAddresses(),
                    Duration.ofHours(1));
            asker.newStream(answerer.peerId(), List.of(Ping.PROTOCOL)).thenAccept(stream -> {
                stream.reader(new Reader(bytes -> got[0] += bytes.remaining()));
                stream.request(Long.MAX_VALUE);
                for (int i = 0; i < 96; i++) {
                    stream.write(ByteBuffer.wrap(new byte[]{(byte) i}));
                }
            });
        });
        simulation.run(Duration.ofSeconds(1));
        assertThat(got[0]).isEqualTo(96);
    }
}
