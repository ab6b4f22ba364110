package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;

/** The channels of an exec or attach as SPDY streams, which the client opens one by one. */
final class SpdyProcess implements ProcessChannels, SpdySession.Acceptor {
    /** How long the client may take to open its streams. */
    private static final Duration STREAMS_DEADLINE = Duration.ofSeconds(30);

    private final Set<String> missing = new HashSet<>();
    private final Map<String, SpdyStream> streams = new HashMap<>();
    private final boolean hasStatus;
    private final Runnable complete;
    private final Runnable onClosed;
    private final Gone gone = new Gone();
    private final SpdySession session;
    private final Context context;

    /**
     * Takes over {@code wire}.
     *
     * @param version of X-Stream-Protocol-Version; empty means the first
     * @param complete called on the event loop once all streams are there
     */
    SpdyProcess(Wire wire, String version, ChannelProcess.Wanted wanted, boolean tty,
            Runnable complete, Runnable onClosed) {
        this.hasStatus = version.startsWith("v4.");
        this.complete = complete;
        this.onClosed = onClosed;
        this.context = wire.context();
        missing.add("error");
        if (wanted.stdin()) {
            missing.add("stdin");
        }
        if (wanted.stdout()) {
            missing.add("stdout");
        }
        if (wanted.stderr()) {
            missing.add("stderr");
        }
        if (tty && (hasStatus || version.startsWith("v3."))) {
            missing.add("resize");
        }
        this.session = new SpdySession(wire, this);
        context.owner().setTimer(STREAMS_DEADLINE.toMillis(), t -> {
            if (!missing.isEmpty()) {
                wire.close();
            }
        });
    }

    @Override
    public boolean accept(SpdyStream stream) {
        String type = stream.header("streamtype");
        if (!missing.remove(type)) {
            return false;
        }
        streams.put(type, stream);
        if (missing.isEmpty()) {
            context.runOnContext(v -> complete.run()); // after the reply to this stream
        }
        return true;
    }

    @Override
    public void gone() {
        gone.now();
        onClosed.run();
    }

    @Override
    public Optional<InputStream> stdin() {
        return Optional.ofNullable(streams.get("stdin")).map(SpdyStream::input);
    }

    @Override
    public Optional<OutputStream> stdout() {
        return Optional.ofNullable(streams.get("stdout")).map(SpdyStream::output);
    }

    @Override
    public Optional<OutputStream> stderr() {
        return Optional.ofNullable(streams.get("stderr")).map(SpdyStream::output);
    }

    @Override
    public void onGone(Runnable listener) {
        gone.tell(listener);
    }

    @Override
    public void onResize(SizeListener listener) {
        SpdyStream resize = streams.get("resize");
        if (resize != null) {
            Thread.ofVirtual().name("spdy-resize")
                    .start(() -> SizeReader.read(resize.input(), listener));
        }
    }

    @Override
    public void finish(ExitStatus status) throws IOException {
        try {
            SpdyStream error = streams.get("error");
            byte[] last = hasStatus ? status.status() : status.text();
            if (error != null && last.length > 0) {
                error.output().write(last);
            }
            for (SpdyStream stream : streams.values()) {
                stream.output().close();
            }
            context.runOnContext(v -> session.closeSoon());
        } catch (RejectedExecutionException e) {
            throw new IOException("the server is closed", e);
        }
    }
}
