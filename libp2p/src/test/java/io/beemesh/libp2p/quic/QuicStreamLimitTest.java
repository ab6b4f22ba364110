package io.beemesh.libp2p.quic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.swarm.SwarmConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A peer that allows few streams at a time gets them one after another. */
class QuicStreamLimitTest {
    private static final int LIMIT = 4;

    private static TestHost start(Duration negotiation) {
        return TestHost.start(config -> config
                .withQuic(QuicConfig.defaults().withInboundStreamsMax(LIMIT))
                .withSwarm(SwarmConfig.defaults().withTimes(negotiation, Duration.ofHours(1))),
                "/ip4/127.0.0.1/udp/0/quic-v1");
    }

    @Test
    void exchange_farMoreStreamsThanAllowed_waitAndAllComeBack() {
        try (TestHost server = start(Duration.ofSeconds(30));
                TestHost client = start(Duration.ofSeconds(30))) {
            client.know(server.address());
            List<CompletableFuture<Void>> all = IntStream.range(0, 100)
                    .mapToObj(i -> client.onLoop(
                            () -> Echo.exchange(client.host(), server.id(), 3_000 + i, true)))
                    .toList();
            all.forEach(client::await);
            assertThat(client.failures() + server.failures()).isZero();
        }
    }

    @Test
    void newStream_noneIsClosed_failsAfterTheNegotiationsTime_thenWorksAgain() {
        try (TestHost server = start(Duration.ofSeconds(30));
                TestHost client = start(Duration.ofSeconds(3))) {
            client.know(server.address());
            assertThat(client.get(() -> client.host().ping().ping(server.id()))).isPositive();
            List<Stream> held = new ArrayList<>();
            assertThatThrownBy(() -> {
                for (int i = 0; i <= LIMIT; i++) {
                    held.add(client.get(() -> client.host()
                            .newStream(server.id(), List.of(Echo.PROTOCOL))));
                }
            }).hasMessageContaining("lets no more streams be opened");
            assertThat(held).isNotEmpty();

            CompletableFuture<Void> waiting = client.onLoop(
                    () -> Echo.exchange(client.host(), server.id(), 1_000, true));
            assertThat(client.onLoop(waiting::isDone)).isFalse();
            boolean closed = client.onLoop(() -> {
                held.forEach(Stream::reset);
                return true;
            });
            assertThat(closed).isTrue();
            client.await(waiting);
        }
    }
}
