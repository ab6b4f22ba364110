package io.beemesh.apiserver.http.streaming;

import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodRef;
import io.vertx.core.Context;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Many connections of one port-forward: each is a pair of an error and a data stream. */
final class SpdyPortForward implements SpdySession.Acceptor {
    /** How long a stream waits for the other of its pair. */
    private static final Duration PAIR_DEADLINE = Duration.ofSeconds(30);

    private final PodStreams pods;
    private final PodRef pod;
    private final Runnable onClosed;
    private final Context context;
    private final SpdySession session;
    private final Map<String, Pair> incomplete = new LinkedHashMap<>();

    /** Takes over {@code wire}. */
    SpdyPortForward(Wire wire, PodStreams pods, PodRef pod, Runnable onClosed) {
        this.pods = pods;
        this.pod = pod;
        this.onClosed = onClosed;
        this.context = wire.context();
        this.session = new SpdySession(wire, this);
    }

    @Override
    public boolean accept(SpdyStream stream) {
        String type = stream.header("streamtype");
        boolean error = type.equals("error");
        if (port(stream) < 1 || (!error && !type.equals("data"))) {
            return false;
        }
        String request = request(stream, error);
        Pair pair = incomplete.computeIfAbsent(request, r -> {
            context.owner().setTimer(PAIR_DEADLINE.toMillis(), t -> expire(r));
            return new Pair();
        });
        if (error ? pair.error != null : pair.data != null) {
            return false;
        }
        if (error) {
            pair.error = stream;
        } else {
            pair.data = stream;
        }
        SpdyStream errors = pair.error;
        SpdyStream data = pair.data;
        if (errors != null && data != null) {
            incomplete.remove(request);
            context.runOnContext(v -> join(errors, data)); // after the reply to this stream
        }
        return true;
    }

    @Override
    public void gone() {
        incomplete.clear();
        onClosed.run();
    }

    private void join(SpdyStream errors, SpdyStream data) {
        PortJoin join = new PortJoin(pods, pod, port(data), data.input(), data.output(),
                errors.output());
        Thread.ofVirtual().name("port-forward").start(() -> {
            join.run(true);
            context.runOnContext(v -> {
                session.forget(errors);
                session.forget(data);
            });
        });
    }

    private void expire(String request) {
        Pair pair = incomplete.remove(request);
        if (pair != null) {
            if (pair.error != null) {
                session.reset(pair.error);
            }
            if (pair.data != null) {
                session.reset(pair.data);
            }
        }
    }

    /** Old clients name no request: their streams have numbers one after another. */
    private static String request(SpdyStream stream, boolean error) {
        String id = stream.header("requestid");
        return !id.isEmpty() ? id : "stream-" + (error ? stream.id() : stream.id() - 2);
    }

    private static int port(SpdyStream stream) {
        try {
            int port = Integer.parseInt(stream.header("port"));
            return port <= 65535 ? port : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static final class Pair {
        private @Nullable SpdyStream error;
        private @Nullable SpdyStream data;
    }
}
