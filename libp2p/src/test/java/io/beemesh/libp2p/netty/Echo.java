package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The protocol of the interoperability peers: the listener sends back every byte and half-closes after
 * the dialer did. Byte i of a payload is (31 i + 7 + (i >> 8)) and 0xff.
 */
public final class Echo {
    public static final ProtocolId PROTOCOL = new ProtocolId("/beemesh/echo/1.0.0");

    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int CREDIT_BYTES = 256 * 1024;

    private Echo() {}

    /** Serves echo; a reader that cannot send gives no more credit. */
    public static void serve(Host host) {
        serve(host, PROTOCOL, CREDIT_BYTES);
    }

    /** The same under another name, with another credit for each stream. */
    public static void serve(Host host, ProtocolId protocol, int creditBytes) {
        host.handle(protocol, stream -> {
            stream.reader(new Server(stream));
            stream.request(creditBytes);
        });
    }

    /** Sends {@code size} bytes and checks that they come back; with halfClose false closes only then. */
    public static CompletableFuture<Void> exchange(Host host, PeerId peer, int size,
            boolean halfClose) {
        return host.newStream(peer, List.of(PROTOCOL)).thenCompose(stream -> {
            Client client = new Client(stream, size, halfClose);
            stream.reader(client);
            stream.request(CREDIT_BYTES);
            client.writeMore();
            return client.result;
        });
    }

    private static byte at(int i) {
        return (byte) (31 * i + 7 + (i >>> 8));
    }

    private static final class Server implements StreamReader {
        private final Stream stream;

        Server(Stream stream) {
            this.stream = stream;
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

    private static final class Client implements StreamReader {
        private final Stream stream;
        private final int size;
        private final boolean halfClose;
        private final CompletableFuture<Void> result = new CompletableFuture<>();
        private int sent;
        private int received;

        Client(Stream stream, int size, boolean halfClose) {
            this.stream = stream;
            this.size = size;
            this.halfClose = halfClose;
        }

        void writeMore() {
            if (sent == size) {
                if (halfClose) {
                    stream.closeWrite();
                }
                return;
            }
            byte[] chunk = new byte[Math.min(CHUNK_BYTES, size - sent)];
            for (int i = 0; i < chunk.length; i++) {
                chunk[i] = at(sent + i);
            }
            sent += chunk.length;
            stream.write(ByteBuffer.wrap(chunk)).whenComplete((ignored, failure) -> {
                if (failure == null) {
                    writeMore();
                } else {
                    result.completeExceptionally(failure);
                }
            });
        }

        @Override
        public void onData(ByteBuffer bytes) {
            int count = bytes.remaining();
            while (bytes.hasRemaining()) {
                if (bytes.get() != at(received++)) {
                    result.completeExceptionally(
                            new Libp2pException("byte " + (received - 1) + " differs"));
                    stream.reset();
                    return;
                }
            }
            stream.request(count);
            if (!halfClose && received == size) {
                stream.closeWrite();
            }
        }

        @Override
        public void onEnd() {
            if (received == size) {
                result.complete(null);
            } else {
                result.completeExceptionally(
                        new Libp2pException("sent " + size + " bytes, got " + received));
            }
        }

        @Override
        public void onReset(StreamResetException cause) {
            result.completeExceptionally(cause);
        }
    }
}
