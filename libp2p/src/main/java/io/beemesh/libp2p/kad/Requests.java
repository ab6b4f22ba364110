package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.NotDialedException;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The client side of the wire: one stream a request, with a deadline. */
final class Requests {
    private static final Duration LATE_RETRY = Duration.ofSeconds(2);

    private final Host host;
    private final KadConfig config;

    /** Peers that are being dialed still when the time of a request was up: one lost dial counts once. */
    private final Set<PeerId> late = new HashSet<>();
    private long sent;

    Requests(Host host, KadConfig config) {
        this.host = host;
        this.config = config;
    }

    /** Requests sent since the start. */
    long sent() {
        return sent;
    }

    /** Asks and calls {@code then} once, never before it returns. */
    void ask(PeerId peer, KadMessage request, Consumer<Reply> then) {
        start(peer, request, true, then);
    }

    /** Sends a request that has no answer; {@code then} hears whether it went out. */
    void tell(PeerId peer, KadMessage request, Consumer<Reply> then) {
        start(peer, request, false, then);
    }

    private void start(PeerId peer, KadMessage request, boolean answered, Consumer<Reply> then) {
        Exchange exchange = new Exchange(peer, request, answered, then);
        if (late.contains(peer)) {
            exchange.giveUp(new Reply.NotAsked(LATE_RETRY));
            return;
        }
        sent++;
        exchange.timer = host.loop().schedule(config.requestTimeout(), exchange::expire);
        host.newStream(peer, List.of(config.protocol())).whenComplete(exchange::opened);
    }

    private final class Exchange implements FrameReader.Receiver {
        private final PeerId peer;
        private final KadMessage request;
        private final boolean answered;
        private final Consumer<Reply> then;
        private Loop.@Nullable Timer timer;
        private @Nullable Stream stream;
        private @Nullable FrameReader reader;
        private boolean opening = true;
        private boolean done;

        Exchange(PeerId peer, KadMessage request, boolean answered, Consumer<Reply> then) {
            this.peer = peer;
            this.request = request;
            this.answered = answered;
            this.then = then;
        }

        void opened(@Nullable Stream opened, @Nullable Throwable failure) {
            opening = false;
            late.remove(peer);
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof NotDialedException refused) {
                giveUp(new Reply.NotAsked(refused.retryAfter()));
                return;
            }
            if (opened == null) {
                fail(true, cause == null ? "no stream" : String.valueOf(cause.getMessage()));
                return;
            }
            stream = opened;
            if (done) {
                opened.reset();
                return;
            }
            reader = FrameReader.start(opened, config.frameBytesMax(), this);
            ByteBuffer frame = FrameReader.frame(KadCodec.encode(request));
            opened.write(frame).whenComplete((written, lost) -> {
                if (lost != null) {
                    fail(false, "request was not sent");
                } else if (!answered) {
                    opened.closeWrite();
                    finish(new Reply.Answer(request, opened.remoteAddress()));
                }
            });
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            if (!answered) {
                return;
            }
            try {
                KadMessage answer = KadCodec.decode(frame);
                if (answer.type() != request.type()) {
                    fail(true, "answer of another type");
                } else if (stream != null) {
                    end();
                    finish(new Reply.Answer(answer, stream.remoteAddress()));
                }
            } catch (KadException e) {
                fail(true, String.valueOf(e.getMessage()));
            }
        }

        private void end() {
            if (reader != null && stream != null) {
                reader.stop();
                stream.closeWrite();
                // The answer is complete: what a peer still has to say is of no use.
                stream.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onEnd() {
            fail(false, "stream ended without an answer");
        }

        @Override
        public void onFailure(Libp2pException cause) {
            fail(!(cause instanceof StreamResetException), String.valueOf(cause.getMessage()));
        }

        void expire() {
            if (opening) {
                late.add(peer);
            }
            fail(true, "no answer within " + config.requestTimeout());
        }

        void fail(boolean gone, String why) {
            giveUp(new Reply.Failure(gone, why));
        }

        void giveUp(Reply reply) {
            if (!done) {
                if (stream != null) {
                    stream.reset();
                }
                host.loop().execute(() -> finish(reply));
            }
        }

        private void finish(Reply reply) {
            if (!done) {
                done = true;
                if (timer != null) {
                    timer.cancel();
                }
                then.accept(reply);
            }
        }
    }
}
