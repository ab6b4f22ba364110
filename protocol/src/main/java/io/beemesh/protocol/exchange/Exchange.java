package io.beemesh.protocol.exchange;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One question and one answer on a stream of its own, each a frame. On the host's loop only; every
 * question has a deadline and every frame a limit.
 */
public final class Exchange {
    private final Host host;
    private final ProtocolId protocol;
    private final int frameBytesMax;
    private final Duration timeout;

    /** Answers questions; a failed future resets the stream, so that the asker learns nothing. */
    @FunctionalInterface
    public interface Responder {
        CompletableFuture<byte[]> answer(PeerId peer, byte[] question);
    }

    /**
     * @param frameBytesMax of a question and of an answer
     * @param timeout from the dial to the end of the answer
     */
    public Exchange(Host host, ProtocolId protocol, int frameBytesMax, Duration timeout) {
        this.host = host;
        this.protocol = protocol;
        this.frameBytesMax = frameBytesMax;
        this.timeout = timeout;
    }

    /** Serves the protocol from now on. */
    public void serve(Responder responder) {
        host.handle(protocol, stream -> answer(stream, responder));
    }

    /** Asks; fails with a {@link Libp2pException} if there is no answer in time. */
    public CompletableFuture<byte[]> ask(PeerId peer, byte[] question) {
        return ask(peer, question, timeout);
    }

    /** As {@link #ask(PeerId, byte[])} with a deadline of its own. */
    public CompletableFuture<byte[]> ask(PeerId peer, byte[] question, Duration limit) {
        host.loop().assertInside();
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        Stream[] open = new Stream[1];
        Loop.Timer deadline = host.loop().schedule(limit, () -> {
            if (result.completeExceptionally(new Libp2pException(
                    peer + " did not answer " + protocol + " within " + limit.toMillis() + " ms"))
                    && open[0] != null) {
                open[0].reset();
            }
        });
        result.whenComplete((answer, failure) -> deadline.cancel());
        host.newStream(peer, List.of(protocol)).whenComplete((stream, failure) -> {
            if (failure != null) {
                result.completeExceptionally(failure);
            } else if (result.isDone()) {
                stream.reset();
            } else {
                open[0] = stream;
                FrameReader.start(stream, frameBytesMax, new Answer(result));
                stream.write(FrameReader.frame(question));
                stream.closeWrite();
            }
        });
        return result;
    }

    private void answer(Stream stream, Responder responder) {
        Loop.Timer deadline = host.loop().schedule(timeout, stream::reset);
        FrameReader.start(stream, frameBytesMax, new FrameReader.Receiver() {
            private boolean asked;

            @Override
            public void onFrame(ByteBuffer frame) {
                if (asked) {
                    stream.reset();
                    return;
                }
                asked = true;
                byte[] question = new byte[frame.remaining()];
                frame.get(question);
                responder.answer(stream.remotePeer(), question).whenComplete((answer, failure) -> {
                    deadline.cancel();
                    if (failure != null) {
                        stream.reset();
                    } else {
                        stream.write(FrameReader.frame(answer));
                        stream.closeWrite();
                    }
                });
            }

            @Override
            public void onEnd() {
                if (!asked) {
                    deadline.cancel();
                    stream.reset();
                }
            }

            @Override
            public void onFailure(Libp2pException cause) {
                deadline.cancel();
            }
        });
    }

    private record Answer(CompletableFuture<byte[]> result) implements FrameReader.Receiver {
        @Override
        public void onFrame(ByteBuffer frame) {
            byte[] answer = new byte[frame.remaining()];
            frame.get(answer);
            result.complete(answer);
        }

        @Override
        public void onEnd() {
            result.completeExceptionally(new Libp2pException("stream ended without an answer"));
        }

        @Override
        public void onFailure(Libp2pException cause) {
            result.completeExceptionally(cause);
        }
    }
}
