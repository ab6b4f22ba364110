package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;

/** One stream of a {@link SpdySession}. Its state is on the event loop; its streams block. */
final class SpdyStream {
    private final SpdySession session;
    private final int id;
    private final Map<String, String> headers;
    private final InboundPipe input;
    private final BlockingStream output;

    // On the event loop.
    private long sendWindow;
    private Optional<Waiting> waiting = Optional.empty();
    private boolean localEnded;
    private boolean remoteEnded;
    private int unannounced;

    SpdyStream(SpdySession session, int id, Map<String, String> headers, long sendWindow) {
        this.session = session;
        this.id = id;
        this.headers = Map.copyOf(headers);
        this.sendWindow = sendWindow;
        this.input = new InboundPipe(new InboundPipe.Listener() {
            @Override
            public void full() {
                session.throttle().full();
            }

            @Override
            public void roomy() {
                session.throttle().roomy();
            }

            @Override
            public void consumed(int bytes) {
                session.context().runOnContext(v -> announce(bytes));
            }
        });
        this.output = new BlockingStream(session.context(), this::write, this::end);
    }

    int id() {
        return id;
    }

    /** A header of the SYN_STREAM; names in lower case. */
    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    InputStream input() {
        return input;
    }

    /** Closing it half-closes the stream. */
    BlockingStream output() {
        return output;
    }

    /** The client sent bytes. */
    void received(byte[] bytes, boolean last) {
        input.offer(bytes);
        if (last) {
            remoteEnded = true;
            input.end();
        }
    }

    /** The stream ended in disorder. */
    void broken(String why) {
        localEnded = true;
        remoteEnded = true;
        input.fail(why);
        waiting.ifPresent(w -> w.done.tryFail(why));
        waiting = Optional.empty();
    }

    boolean isClosed() {
        return localEnded && remoteEnded;
    }

    void widen(long bytes) {
        sendWindow += bytes;
        trySend();
    }

    /** Sends what waits, as far as the windows allow. */
    void trySend() {
        while (waiting.isPresent()) {
            Waiting next = waiting.get();
            int left = next.bytes.length() - next.offset;
            int part = (int) Math.min(left, session.allowance(sendWindow));
            if (part <= 0) {
                return;
            }
            Buffer slice = next.bytes.slice(next.offset, next.offset + part);
            next.offset += part;
            sendWindow -= part;
            Future<Void> sent = session.sendData(id, slice, false);
            if (next.offset == next.bytes.length()) {
                waiting = Optional.empty();
                sent.onComplete(next.done);
            }
        }
    }

    private Future<Void> write(Buffer bytes) {
        if (localEnded) {
            return Future.failedFuture("stream is closed");
        }
        if (waiting.isPresent()) {
            return Future.failedFuture("two writers on one stream");
        }
        Waiting next = new Waiting(bytes);
        waiting = Optional.of(next);
        trySend();
        return next.done.future();
    }

    private Future<Void> end() {
        if (localEnded) {
            return Future.succeededFuture();
        }
        localEnded = true;
        Future<Void> sent = session.sendData(id, Buffer.buffer(), true);
        session.forgetIfClosed(this);
        return sent;
    }

    /** Opens the client's window again once enough was read; small steps would cost more frames. */
    private void announce(int bytes) {
        unannounced += bytes;
        if (unannounced >= SpdySession.WINDOW_STEP_BYTES && !remoteEnded) {
            session.sendWindowUpdate(id, unannounced);
            unannounced = 0;
        }
    }

    private static final class Waiting {
        private final Buffer bytes;
        private final Promise<Void> done = Promise.promise();
        private int offset;

        Waiting(Buffer bytes) {
            this.bytes = bytes;
        }
    }
}
