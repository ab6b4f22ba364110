package io.beemesh.libp2p.yamux;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection: {@link #feed} takes what the remote side sent, {@link #pull} gives what
 * is to be sent, as much as the connection has room for, so nothing queues up beyond the callers' own
 * buffers. Streams take turns frame by frame; pings, resets and window updates go ahead of data.
 *
 * <p>The frame reader never stops, whatever the readers of streams do: each stream is bounded by its
 * window, all of them by the connection's share of the {@link ReceiveBudget}.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/yamux/README.md">yamux</a>
 */
public final class YamuxSession {
    /** Less room than this is not worth a {@link #pull}, in bytes. */
    public static final int PULL_BYTES_MIN = 4 * YamuxFrame.HEADER_BYTES;

    /**
     * More that waits for a remote side that sends but does not read ends the connection: so many frames, and
     * twice as many as there may be streams, which can all be reset at once.
     */
    private static final int WAITING_MAX = 1024;

    /**
     * Streams that this side opens before the remote side said anything on one. js-libp2p ends a connection on
     * which more than ten are opened before it has finished to set it up; the others wait, as every stream begins
     * with a negotiation that is answered.
     */
    static final int EARLY_STREAMS_MAX = 8;

    private final Loop loop;
    private final YamuxConfig config;
    private final ReceiveBudget.Share budget;
    private final Listener listener;
    private final boolean dialer;
    private final int waitingMax;
    static final String UNREAD = "the host holds too many bytes that nobody reads";

    private final Map<Integer, YamuxStream> streams = new HashMap<>();
    private final Deque<YamuxStream> ready = new ArrayDeque<>();
    private final Deque<YamuxFrame> controls = new ArrayDeque<>();
    private final Deque<CompletableFuture<Void>> done = new ArrayDeque<>();
    private final ByteBuffer header = ByteBuffer.allocate(YamuxFrame.HEADER_BYTES);
    private int nextId;
    private int inboundStreams;
    private int outboundStreams;
    private int unacknowledged;
    private int begun;
    private boolean heard;

    private long bodyLeft;
    private @Nullable YamuxStream bodyStream;
    private boolean bodyEnds;

    private int pingValue;
    private boolean pingPending;
    private long pingNanos;
    private long roundTripNanos;
    private boolean remoteGone;
    private boolean closed;

    public YamuxSession(Loop loop, YamuxConfig config, ReceiveBudget budget, boolean dialer,
            Listener listener) {
        this.loop = loop;
        this.config = config;
        this.budget = budget.share();
        this.listener = listener;
        this.dialer = dialer;
        this.nextId = dialer ? 1 : 2;
        this.waitingMax = WAITING_MAX
                + 2 * (config.inboundStreamsMax() + config.outboundStreamsMax());
    }

    /** What a session tells its connection. */
    public interface Listener {
        /** The remote side opened a stream. */
        void onStream(YamuxStream stream);

        /** There is something to {@link #pull}. */
        void onOutput();
    }

    /** Opens a stream; nothing is waited for. */
    public YamuxStream open() throws Libp2pException {
        if (closed || remoteGone) {
            throw new Libp2pException("connection is closing");
        }
        if (outboundStreams >= config.outboundStreamsMax()
                || unacknowledged >= config.unacknowledgedMax()) {
            throw new Libp2pException(
                    "too many streams: " + outboundStreams + " open, " + unacknowledged
                            + " not yet accepted");
        }
        YamuxStream stream = new YamuxStream(this, nextId, false);
        nextId += 2;
        streams.put(stream.id(), stream);
        outboundStreams++;
        unacknowledged++;
        offerOutput(stream);
        return stream;
    }

    /** Streams that are open or not read to their end. */
    public int streamCount() {
        return streams.size();
    }

    /** False once closed or told by the remote side to open no more. */
    public boolean acceptsStreams() {
        return !closed && !remoteGone;
    }

    /** The last measured round trip; 0 while unknown. */
    public long roundTripNanos() {
        return roundTripNanos;
    }

    /** Sends a ping; false if the one before is not answered yet: then the link is dead. */
    public boolean ping() {
        if (pingPending) {
            return false;
        }
        pingPending = true;
        pingNanos = loop.nanoTime();
        addControl(new YamuxFrame(YamuxFrame.PING, YamuxFrame.SYN, 0, ++pingValue));
        return true;
    }

    /** Announces that this side ends the connection: normally, or because the remote side broke the protocol. */
    public void goAway(boolean protocolError) {
        addControl(new YamuxFrame(YamuxFrame.GO_AWAY, 0, 0, protocolError ? 1 : 0));
    }

    /** Ends all streams; the connection is gone. */
    public void close(String reason) {
        if (closed) {
            return;
        }
        closed = true;
        byId().forEach(stream -> stream.fail(new StreamResetException(reason)));
        ready.clear();
        controls.clear();
    }

    // Receiving.

    /** Takes all of {@code in}. */
    public void feed(ByteBuffer in) throws YamuxException {
        while (in.hasRemaining() && !closed) {
            if (bodyLeft > 0) {
                feedBody(in);
            } else if (header.position() == 0 && in.remaining() >= YamuxFrame.HEADER_BYTES) {
                onFrame(YamuxFrame.read(in));
            } else {
                int count = Math.min(header.remaining(), in.remaining());
                header.put(header.position(), in, in.position(), count);
                header.position(header.position() + count);
                in.position(in.position() + count);
                if (!header.hasRemaining()) {
                    header.flip();
                    YamuxFrame frame = YamuxFrame.read(header);
                    header.clear();
                    onFrame(frame);
                }
            }
        }
    }

    private void feedBody(ByteBuffer in) {
        int count = (int) Math.min(bodyLeft, in.remaining());
        bodyLeft -= count;
        YamuxStream stream = bodyStream;
        if (stream == null) {
            in.position(in.position() + count);
        } else {
            stream.onBody(in, count);
            if (bodyLeft == 0) {
                bodyStream = null;
                if (bodyEnds) {
                    stream.onFin();
                }
            }
        }
    }

    private void onFrame(YamuxFrame frame) throws YamuxException {
        // Streams that were opened and reset wait in both, until something is pulled.
        if (controls.size() + ready.size() > waitingMax) {
            throw new YamuxException("remote side asks but does not read");
        }
        switch (frame.type()) {
            case YamuxFrame.PING -> onPing(frame);
            case YamuxFrame.GO_AWAY -> onGoAway(frame);
            default -> onStreamFrame(frame);
        }
    }

    private void onPing(YamuxFrame frame) {
        if (frame.has(YamuxFrame.SYN)) {
            addControl(new YamuxFrame(YamuxFrame.PING, YamuxFrame.ACK, 0, frame.length()));
        } else if (pingPending && frame.length() == pingValue) {
            pingPending = false;
            roundTripNanos = Math.max(1, loop.nanoTime() - pingNanos);
        }
    }

    private void onGoAway(YamuxFrame frame) throws YamuxException {
        remoteGone = true;
        if (frame.length() != 0) {
            throw new YamuxException("remote side went away with code " + frame.unsignedLength());
        }
    }

    private void onStreamFrame(YamuxFrame frame) throws YamuxException {
        boolean data = frame.type() == YamuxFrame.DATA;
        if (frame.stream() == 0 || (data && frame.unsignedLength() > config.windowBytesMax())) {
            throw new YamuxException("bad frame " + frame);
        }
        YamuxStream stream = streams.get(frame.stream());
        if (frame.has(YamuxFrame.SYN)) {
            stream = accept(frame, stream);
        }
        if (data) {
            bodyLeft = frame.unsignedLength();
            bodyStream = null;
        }
        if (data || frame.has(YamuxFrame.RST)) {
            hear();
        }
        if (stream == null) {
            return; // crossed with our reset: the body is drained
        }
        if (frame.has(YamuxFrame.ACK) && stream.acknowledge()) {
            unacknowledged--;
        }
        if (frame.has(YamuxFrame.RST)) {
            stream.fail(new StreamResetException("reset by the remote side"));
        } else if (data) {
            onData(stream, frame);
        } else {
            stream.onWindowUpdate(frame.unsignedLength());
            if (frame.has(YamuxFrame.FIN)) {
                stream.onFin();
            }
        }
    }

    private void hear() {
        if (!heard) {
            heard = true;
            byId().forEach(this::offerOutput);
        }
    }

    private List<YamuxStream> byId() {
        List<YamuxStream> sorted = new ArrayList<>(streams.values());
        sorted.sort((a, b) -> Integer.compareUnsigned(a.id(), b.id()));
        return sorted;
    }

    private void onData(YamuxStream stream, YamuxFrame frame) throws YamuxException {
        stream.onDataHeader(bodyLeft);
        bodyStream = stream;
        bodyEnds = frame.has(YamuxFrame.FIN);
        if (bodyLeft == 0 && bodyEnds) {
            bodyStream = null;
            stream.onFin();
        }
    }

    private @Nullable YamuxStream accept(YamuxFrame frame, @Nullable YamuxStream existing)
            throws YamuxException {
        boolean remoteParity = (frame.stream() & 1) == (dialer ? 0 : 1);
        if (!remoteParity || existing != null) {
            throw new YamuxException(
                    "stream " + Integer.toUnsignedString(frame.stream()) + " cannot be opened");
        }
        if (inboundStreams >= config.inboundStreamsMax()) {
            addControl(new YamuxFrame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.RST, frame.stream(), 0));
            return null;
        }
        YamuxStream stream = new YamuxStream(this, frame.stream(), true);
        streams.put(stream.id(), stream);
        inboundStreams++;
        offerOutput(stream);
        listener.onStream(stream);
        return streams.get(frame.stream());
    }

    // Sending.

    /** True if {@link #pull} would write something. */
    public boolean hasOutput() {
        return !controls.isEmpty() || !ready.isEmpty();
    }

    /** Fills {@code out} with frames as far as there are some and it has room. */
    public void pull(ByteBuffer out) {
        while (out.remaining() >= PULL_BYTES_MIN) {
            YamuxFrame control = controls.pollFirst();
            if (control != null) {
                YamuxFrame.write(out, control.type(), control.flags(), control.stream(),
                        control.length());
                continue;
            }
            YamuxStream stream = ready.pollFirst();
            if (stream == null) {
                break;
            }
            stream.queuedForOutput = false;
            if (stream.hasOutput() && !isTooEarly(stream)) {
                begun += stream.isUnopened() ? 1 : 0;
                stream.emit(out, done);
                offerOutput(stream);
            }
        }
        for (CompletableFuture<Void> next = done.pollFirst(); next != null; next = done
                .pollFirst()) {
            next.complete(null);
        }
    }

    private boolean isTooEarly(YamuxStream stream) {
        return !heard && begun >= EARLY_STREAMS_MAX && stream.isUnopened();
    }

    void offerOutput(YamuxStream stream) {
        if (!stream.queuedForOutput && stream.hasOutput()) {
            stream.queuedForOutput = true;
            ready.addLast(stream);
            listener.onOutput();
        }
    }

    void offerUrgentOutput(YamuxStream stream) {
        if (!stream.queuedForOutput && stream.hasOutput()) {
            stream.queuedForOutput = true;
            ready.addFirst(stream);
            listener.onOutput();
        }
    }

    private void addControl(YamuxFrame frame) {
        if (!closed) {
            controls.addLast(frame);
            listener.onOutput();
        }
    }

    // For the streams.

    /** Room for bytes that nobody reads yet; the stream with most of them gives way to others. */
    boolean tryBuffer(YamuxStream stream, int bytes) {
        while (!budget.tryBuffer(bytes)) {
            YamuxStream most = stream;
            for (YamuxStream other : streams.values()) {
                boolean isMore = other.unreadBytes() > most.unreadBytes()
                        || (other.unreadBytes() == most.unreadBytes() && other.id() < most.id());
                most = isMore ? other : most;
            }
            if (most.unreadBytes() <= stream.unreadBytes() + bytes) {
                return false;
            }
            most.resetBecause(UNREAD);
        }
        return true;
    }

    void sendReset(YamuxStream stream) {
        addControl(new YamuxFrame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.RST, stream.id(), 0));
    }

    void remove(YamuxStream stream) {
        if (stream.markRemoved()) {
            streams.remove(stream.id());
            budget.shrink(stream.grownBytes());
            if (stream.isInbound()) {
                inboundStreams--;
            } else {
                outboundStreams--;
                if (stream.acknowledge()) {
                    unacknowledged--;
                }
            }
        }
    }

    YamuxConfig config() {
        return config;
    }

    ReceiveBudget.Share budget() {
        return budget;
    }

    long nanoTime() {
        return loop.nanoTime();
    }

    void defer(Runnable task) {
        loop.execute(task);
    }
}
