package io.beemesh.libp2p.quic;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Streams whose datagrams are lost in part end nevertheless. */
class QuicLossTest {
    private static final ProtocolId LATE_END = new ProtocolId("/beemesh/late-end/1.0.0");
    private static final double LOSS = 0.05;
    private static final int ROUNDS = 8;
    private static final int STREAMS = 60;
    private static final int BYTES = 3000;

    @Test
    void end_farBehindTheLastBytes_arrivesOnALossyPath() {
        try (TestHost server = start();
                TestHost client = start();
                LossyPath path = new LossyPath(portOf(server), LOSS, 1)) {
            Boolean ignored = server.onLoop(() -> {
                server.host().handle(LATE_END,
                        stream -> read(stream, new Answer(stream, server.loop())));
                return true;
            });
            client.know(server.id(), "/ip4/127.0.0.1/udp/" + path.port() + "/quic-v1");
            for (int round = 0; round < ROUNDS; round++) {
                List<CompletableFuture<Integer>> all = IntStream.range(0, STREAMS)
                        .mapToObj(i -> client.onLoop(() -> ask(client, server.id()))).toList();
                assertThat(all.stream().map(client::await)).allMatch(bytes -> bytes == BYTES);
            }
            assertThat(path.dropped()).isPositive();
            assertThat(client.failures() + server.failures()).isZero();
        }
    }

    private static TestHost start() {
        return TestHost.start(config -> config.withQuic(QuicConfig.defaults()),
                "/ip4/127.0.0.1/udp/0/quic-v1");
    }

    private static int portOf(TestHost host) {
        return TestHost.parse(host.address()).parts().get(1).port();
    }

    private static CompletableFuture<Integer> ask(TestHost client, PeerId peer) {
        return client.host().newStream(peer, List.of(LATE_END)).thenCompose(stream -> {
            Question question = new Question();
            read(stream, question);
            var ignored = stream.write(ByteBuffer.allocate(BYTES))
                    .thenRun(() -> later(client.loop(), stream));
            return question.received;
        });
    }

    private static void read(Stream stream, StreamReader reader) {
        stream.reader(reader);
        stream.request(Long.MAX_VALUE);
    }

    /** Ends the stream when its bytes are on their way. */
    private static void later(Loop loop, Stream stream) {
        var ignored = loop.schedule(Duration.ofMillis(1), stream::closeWrite);
    }

    /** Sends back what comes; ends after the other side did. */
    private record Answer(Stream stream, Loop loop) implements StreamReader {
        @Override
        public void onData(ByteBuffer bytes) {
            var ignored = stream.write(ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
        }

        @Override
        public void onEnd() {
            later(loop, stream);
        }

        @Override
        public void onReset(StreamResetException cause) {
            // Nothing to release.
        }
    }

    private static final class Question implements StreamReader {
        private final CompletableFuture<Integer> received = new CompletableFuture<>();
        private int bytes;

        @Override
        public void onData(ByteBuffer data) {
            bytes += data.remaining();
        }

        @Override
        public void onEnd() {
            received.complete(bytes);
        }

        @Override
        public void onReset(StreamResetException cause) {
            received.completeExceptionally(new Libp2pException("reset", cause));
        }
    }
}
