package io.beemesh.conformance.libp2p;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** What the peers of the load speak, as the go peer's bench.go does. On the loop only. */
final class BenchProtocols {
    static final ProtocolId SINK = new ProtocolId("/beemesh/sink/1.0.0");
    static final ProtocolId ANSWER = new ProtocolId("/beemesh/answer/1.0.0");
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int CREDIT_BYTES = 4096;

    private BenchProtocols() {}

    static void serve(Host host) {
        host.handle(SINK, stream -> {
            stream.reader(new Sink(stream));
            stream.request(Long.MAX_VALUE);
        });
        Echo.serve(host, ANSWER, CREDIT_BYTES);
    }

    /** Writes until {@code over}; gives how many bytes the other side says that it got. */
    static CompletableFuture<Long> send(Host host, PeerId peer, BooleanSupplier over) {
        return host.newStream(peer, List.of(SINK)).thenCompose(stream -> {
            Reply reply = new Reply(Long.BYTES);
            stream.reader(reply);
            stream.request(Long.MAX_VALUE);
            writeOn(stream, ByteBuffer.allocate(CHUNK_BYTES), over);
            return reply.result.thenApply(ByteBuffer::getLong);
        });
    }

    private static void writeOn(Stream stream, ByteBuffer chunk, BooleanSupplier over) {
        while (!over.getAsBoolean()) {
            CompletableFuture<Void> written = stream.write(chunk.duplicate());
            if (!written.isDone()) {
                written.thenRun(() -> writeOn(stream, chunk, over));
                return;
            }
        }
        stream.closeWrite();
    }

    /** Opens a stream, sends {@code size} bytes and reads them back to the end. */
    static CompletableFuture<Void> request(Host host, PeerId peer, int size) {
        return host.newStream(peer, List.of(ANSWER)).thenCompose(stream -> {
            Reply reply = new Reply(size);
            stream.reader(reply);
            stream.request(Long.MAX_VALUE);
            stream.write(ByteBuffer.allocate(size));
            stream.closeWrite();
            return reply.result.thenApply(ignored -> null);
        });
    }

    /** Opens a stream that rests after one byte each way. */
    static CompletableFuture<Void> rest(Host host, PeerId peer) {
        return host.newStream(peer, List.of(ANSWER)).thenCompose(stream -> {
            CompletableFuture<Void> answered = new CompletableFuture<>();
            stream.reader(new Resting(answered));
            stream.request(CREDIT_BYTES);
            stream.write(ByteBuffer.allocate(1));
            return answered;
        });
    }

    private record Resting(CompletableFuture<Void> answered) implements StreamReader {
        @Override
        public void onData(ByteBuffer bytes) {
            answered.complete(null);
        }

        @Override
        public void onEnd() {
            answered.completeExceptionally(new Libp2pException("ended"));
        }

        @Override
        public void onReset(StreamResetException cause) {
            answered.completeExceptionally(cause);
        }
    }

    private static final class Sink implements StreamReader {
        private final Stream stream;
        private long total;

        Sink(Stream stream) {
            this.stream = stream;
        }

        @Override
        public void onData(ByteBuffer bytes) {
            total += bytes.remaining();
        }

        @Override
        public void onEnd() {
            stream.write(ByteBuffer.allocate(Long.BYTES).putLong(0, total));
            stream.closeWrite();
        }

        @Override
        public void onReset(StreamResetException cause) {
            // Nothing to release.
        }
    }

    /** All that comes until the end, of a size that is known. */
    private static final class Reply implements StreamReader {
        private final ByteBuffer bytes;
        private final CompletableFuture<ByteBuffer> result = new CompletableFuture<>();

        Reply(int size) {
            bytes = ByteBuffer.allocate(size);
        }

        @Override
        public void onData(ByteBuffer part) {
            bytes.put(part);
        }

        @Override
        public void onEnd() {
            if (bytes.hasRemaining()) {
                result.completeExceptionally(new Libp2pException("answer cut short"));
            } else {
                result.complete(bytes.flip());
            }
        }

        @Override
        public void onReset(StreamResetException cause) {
            result.completeExceptionally(cause);
        }
    }
}
