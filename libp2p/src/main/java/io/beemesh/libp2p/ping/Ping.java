package io.beemesh.libp2p.ping;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Answers pings and sends them; used on the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/ping/ping.md">ping</a>
 */
public final class Ping {
    /** The protocol's name. */
    public static final ProtocolId PROTOCOL = new ProtocolId("/ipfs/ping/1.0.0");

    private static final int BLOCK_BYTES = 32;

    private final Host host;
    private final RandomGenerator random;
    private final Duration timeout;

    /** A ping without answer fails after {@code timeout}. */
    public Ping(Host host, RandomGenerator random, Duration timeout) {
        this.host = host;
        this.random = random;
        this.timeout = timeout;
    }

    /** Serves the protocol from now on. */
    public void start() {
        host.handle(PROTOCOL, stream -> new Answerer(stream).start());
    }

    /** Measures one round trip, without the time to open the stream. */
    public CompletableFuture<Duration> ping(PeerId peer) {
        return host.newStream(peer, List.of(PROTOCOL)).thenCompose(stream -> {
            Asker asker = new Asker(stream);
            asker.start();
            return asker.result;
        });
    }

    /** Sends back what comes; asks for the next block once the one before left. */
    private static final class Answerer implements StreamReader {
        private final Stream stream;

        Answerer(Stream stream) {
            this.stream = stream;
        }

        void start() {
            stream.reader(this);
            stream.request(BLOCK_BYTES);
        }

        @Override
        public void onData(ByteBuffer bytes) {
            int count = bytes.remaining();
            ByteBuffer copy = ByteBuffer.allocate(count).put(bytes).flip();
            stream.write(copy).thenRun(() -> stream.request(count));
        }

        @Override
        public void onEnd() {
            stream.closeWrite();
        }

        @Override
        public void onReset(StreamResetException cause) {
            // Nothing to release.
        }
    }

    private final class Asker implements StreamReader {
        private final Stream stream;
        private final byte[] sent = new byte[BLOCK_BYTES];
        private final ByteBuffer answer = ByteBuffer.allocate(BLOCK_BYTES);
        private final long startNanos = host.loop().nanoTime();
        private final CompletableFuture<Duration> result = new CompletableFuture<>();
        private final Loop.Timer deadline = host.loop().schedule(timeout, this::expire);

        Asker(Stream stream) {
            this.stream = stream;
        }

        void start() {
            random.nextBytes(sent);
            stream.reader(this);
            stream.request(BLOCK_BYTES);
            stream.write(ByteBuffer.wrap(sent));
        }

        private void expire() {
            fail("ping was not answered within " + timeout);
        }

        private void fail(String reason) {
            if (result.completeExceptionally(new Libp2pException(reason))) {
                stream.reset();
            }
        }

        @Override
        public void onData(ByteBuffer bytes) {
            answer.put(bytes);
            if (answer.hasRemaining()) {
                return;
            }
            deadline.cancel();
            if (answer.flip().equals(ByteBuffer.wrap(sent))) {
                stream.closeWrite();
                result.complete(Duration.ofNanos(host.loop().nanoTime() - startNanos));
            } else {
                fail("ping was answered with other bytes");
            }
        }

        @Override
        public void onEnd() {
            deadline.cancel();
            fail("ping stream ended without an answer");
        }

        @Override
        public void onReset(StreamResetException cause) {
            deadline.cancel();
            result.completeExceptionally(cause);
        }
    }
}
