package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Asks for connections, and takes requests for them, under one protocol. On the loop only. */
public final class Connecting {
    private final Streams streams;
    private final ProtocolId protocol;
    private final Duration timeout;

    /** @param timeout until the answer is there, and for a request to come in whole */
    public Connecting(Host host, ProtocolId protocol, Duration timeout) {
        this(Streams.of(host), protocol, timeout);
    }

    /** With the streams of a host that lives elsewhere. */
    public Connecting(Streams streams, ProtocolId protocol, Duration timeout) {
        this.streams = streams;
        this.protocol = protocol;
        this.timeout = timeout;
    }

    /** Asks the peer for a connection; fails with a {@link RefusedException}. */
    public CompletableFuture<Carrier> open(PeerId peer, ConnectRequest request) {
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        streams.open(peer, protocol).whenComplete((stream, failure) -> {
            if (failure != null) {
                result.completeExceptionally(new RefusedException(ConnectStatus.UNREACHABLE));
            } else {
                new Asking(stream, result).start(request);
            }
        });
        return result;
    }

    /** Serves the protocol from now on; the handler gives the {@link Carrier#answer answer}. */
    public void serve(BiConsumer<Carrier, ConnectRequest> handler) {
        streams.handle(protocol, stream -> new Serving(stream, handler).start());
    }

    private static byte[] bytes(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return bytes;
    }

    private static FrameReader reader(Stream stream, FrameReader.Receiver receiver) {
        return FrameReader.start(stream, ConnectRequest.BYTES_MAX, receiver);
    }

    private final class Asking implements FrameReader.Receiver {
        private final Stream stream;
        private final CompletableFuture<Carrier> result;
        private final FrameReader reader;
        private final Loop.Timer deadline;
        private @Nullable Carrier carrier;

        Asking(Stream stream, CompletableFuture<Carrier> result) {
            this.stream = stream;
            this.result = result;
            this.deadline = streams.loop().schedule(timeout, () -> fail(ConnectStatus.TIMED_OUT));
            this.reader = reader(stream, this);
        }

        void start(ConnectRequest request) {
            stream.write(FrameReader.frame(request.toBytes()));
        }

        private void fail(ConnectStatus status) {
            deadline.cancel();
            if (carrier != null) {
                carrier.onOver();
            } else if (result.completeExceptionally(new RefusedException(status))) {
                reader.stop();
                stream.reset();
            }
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            if (carrier != null) {
                carrier.onFrame(frame);
                return;
            }
            ConnectAnswer answer;
            try {
                answer = ConnectAnswer.fromBytes(bytes(frame));
            } catch (FormatException e) {
                answer = new ConnectAnswer(ConnectStatus.UNREACHABLE, new byte[0]);
            }
            if (answer.status() == ConnectStatus.OK) {
                deadline.cancel();
                reader.pause();
                carrier = new Carrier(stream, reader, answer.credential());
                result.complete(carrier);
            } else {
                fail(answer.status());
            }
        }

        @Override
        public void onEnd() {
            fail(ConnectStatus.UNREACHABLE);
        }

        @Override
        public void onFailure(Libp2pException cause) {
            fail(ConnectStatus.UNREACHABLE);
        }
    }

    private final class Serving implements FrameReader.Receiver {
        private final Stream stream;
        private final BiConsumer<Carrier, ConnectRequest> handler;
        private final FrameReader reader;
        private final Loop.Timer deadline;
        private @Nullable Carrier carrier;

        Serving(Stream stream, BiConsumer<Carrier, ConnectRequest> handler) {
            this.stream = stream;
            this.handler = handler;
            this.deadline = streams.loop().schedule(timeout, stream::reset);
            this.reader = reader(stream, this);
        }

        void start() {
            assert stream.isInbound() : "a request of this side";
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            if (carrier != null) {
                carrier.onFrame(frame);
                return;
            }
            deadline.cancel();
            reader.pause();
            try {
                ConnectRequest request = ConnectRequest.fromBytes(bytes(frame));
                carrier = new Carrier(stream, reader, new byte[0]);
                handler.accept(carrier, request);
            } catch (FormatException e) {
                reader.stop();
                stream.reset();
            }
        }

        private void over() {
            deadline.cancel();
            if (carrier != null) {
                carrier.onOver();
            }
        }

        @Override
        public void onEnd() {
            over();
            stream.closeWrite();
        }

        @Override
        public void onFailure(Libp2pException cause) {
            over();
        }
    }
}
