package io.beemesh.apiserver.http.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.DefaultSpdyWindowUpdateFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySessionStatus;
import io.netty.handler.codec.spdy.SpdySettingsFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.handler.codec.spdy.SpdyWindowUpdateFrame;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of SPDY/3.1, as far as Kubernetes' clients speak it: they open streams with
 * headers, both sides send data. On the event loop.
 *
 * <p>Go's client neither opens nor keeps to windows, so ours are kept towards a client that has shown
 * that it knows them; towards others the socket alone slows us down. Clients are told of windows in
 * any case, and beyond them the socket is no longer read.
 *
 * @see <a href="https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/">SPDY draft 3.1</a>
 */
final class SpdySession {
    static final int WINDOW_STEP_BYTES = 16 * 1024;

    /** Open at one time on one connection. */
    static final int STREAMS_MAX = 256;

    private static final int CHUNK_BYTES_MAX = 16 * 1024;
    private static final int HEADER_BYTES_MAX = 16 * 1024;
    private static final int WINDOW_BYTES = 64 * 1024;

    /** How long the client may take to close after all was said. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(SpdySession.class);

    private final Wire wire;
    private final Acceptor acceptor;
    private final Throttle throttle;
    private final EmbeddedChannel codec;
    private final Map<Integer, SpdyStream> streams = new LinkedHashMap<>();
    private boolean gone;
    private boolean knowsWindows;
    private long sendWindow = WINDOW_BYTES;
    private long initialWindow = WINDOW_BYTES;
    private int unannounced;
    private int lastStream;

    /** Takes over {@code wire}. */
    SpdySession(Wire wire, Acceptor acceptor) {
        this.wire = wire;
        this.acceptor = acceptor;
        this.throttle = wire.throttle();
        this.codec = new EmbeddedChannel(
                new SpdyFrameCodec(SpdyVersion.SPDY_3_1, CHUNK_BYTES_MAX, HEADER_BYTES_MAX, 1, 15,
                        8, false),
                new Frames());
        wire.receive(this::received, this::closed);
    }

    /** Decides on the client's streams. */
    interface Acceptor {
        /** Takes the stream, or says false: it is refused. */
        boolean accept(SpdyStream stream);

        /** The connection is closed; all streams are broken. */
        void gone();
    }

    Context context() {
        return wire.context();
    }

    Throttle throttle() {
        return throttle;
    }

    /** How much of {@code streamWindow} may be sent at once. */
    long allowance(long streamWindow) {
        return knowsWindows ? Math.min(streamWindow, sendWindow) : Integer.MAX_VALUE;
    }

    Future<Void> sendData(int id, Buffer bytes, boolean last) {
        sendWindow -= bytes.length();
        DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(id,
                Unpooled.wrappedBuffer(bytes.getBytes()));
        frame.setLast(last);
        return send(frame);
    }

    void sendWindowUpdate(int id, int bytes) {
        send(new DefaultSpdyWindowUpdateFrame(id, bytes));
    }

    /** Ends one stream at once. */
    void reset(SpdyStream stream) {
        if (streams.remove(stream.id()) != null) {
            stream.broken("stream was reset");
            send(new DefaultSpdyRstStreamFrame(stream.id(), SpdyStreamStatus.CANCEL));
        }
    }

    /** Drops a stream that is over for the server; what still comes is ignored. */
    void forget(SpdyStream stream) {
        if (streams.remove(stream.id()) != null) {
            stream.broken("stream is over");
        }
    }

    void forgetIfClosed(SpdyStream stream) {
        if (stream.isClosed()) {
            streams.remove(stream.id());
        }
    }

    /** Lets the client close first, so that it loses nothing; then closes. */
    void closeSoon() {
        if (!gone) {
            context().owner().setTimer(LINGER.toMillis(), t -> wire.close());
        }
    }

    private Future<Void> send(SpdyFrame frame) {
        if (gone) {
            return Future.failedFuture("connection is closed");
        }
        codec.writeOutbound(frame);
        Buffer out = Buffer.buffer();
        for (ByteBuf part = codec.readOutbound(); part != null; part = codec.readOutbound()) {
            out.appendBytes(ByteBufUtil.getBytes(part));
            part.release();
        }
        return wire.write(out);
    }

    private void received(Buffer bytes) {
        if (!gone) {
            codec.writeInbound(Unpooled.wrappedBuffer(bytes.getBytes()));
        }
    }

    private void closed() {
        if (gone) {
            return;
        }
        gone = true;
        List<SpdyStream> open = new ArrayList<>(streams.values());
        streams.clear();
        open.forEach(stream -> stream.broken("client is gone"));
        acceptor.gone();
        codec.finishAndReleaseAll();
    }

    private void synStream(SpdySynStreamFrame frame) {
        int id = frame.streamId();
        if (frame.isInvalid() || frame.isTruncated() || id % 2 == 0 || id <= lastStream) {
            send(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.PROTOCOL_ERROR));
            return;
        }
        lastStream = id;
        Map<String, String> headers = new LinkedHashMap<>();
        frame.headers().forEach(header -> headers.put(
                header.getKey().toString().toLowerCase(Locale.ROOT), header.getValue().toString()));
        SpdyStream stream = new SpdyStream(this, id, headers, initialWindow);
        if (streams.size() >= STREAMS_MAX || !acceptor.accept(stream)) {
            send(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
            return;
        }
        streams.put(id, stream);
        DefaultSpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
        // Go's client cannot read a reply without any header, as Netty writes it.
        reply.headers().add("status", "200");
        send(reply);
        if (frame.isLast()) {
            stream.received(new byte[0], true);
        }
    }

    private void data(SpdyDataFrame frame) {
        byte[] bytes = ByteBufUtil.getBytes(frame.content());
        unannounced += bytes.length;
        if (unannounced >= WINDOW_STEP_BYTES) {
            sendWindowUpdate(0, unannounced); // the streams' own windows hold the client back
            unannounced = 0;
        }
        SpdyStream stream = streams.get(frame.streamId());
        if (stream != null) {
            stream.received(bytes, frame.isLast());
            forgetIfClosed(stream);
        }
    }

    private void settings(SpdySettingsFrame frame) {
        int window = frame.getValue(SpdySettingsFrame.SETTINGS_INITIAL_WINDOW_SIZE);
        if (window >= 0) {
            knowsWindows = true;
            long more = window - initialWindow;
            initialWindow = window;
            List.copyOf(streams.values()).forEach(stream -> stream.widen(more));
        }
    }

    private void windowUpdate(SpdyWindowUpdateFrame frame) {
        knowsWindows = true;
        if (frame.streamId() == 0) {
            sendWindow += frame.deltaWindowSize();
            List.copyOf(streams.values()).forEach(SpdyStream::trySend);
        } else {
            SpdyStream stream = streams.get(frame.streamId());
            if (stream != null) {
                stream.widen(frame.deltaWindowSize());
            }
        }
    }

    private final class Frames extends SimpleChannelInboundHandler<SpdyFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, SpdyFrame frame) {
            switch (frame) {
                case SpdyDataFrame data -> data(data);
                case SpdySynStreamFrame syn -> synStream(syn);
                case SpdyRstStreamFrame reset -> {
                    SpdyStream stream = streams.remove(reset.streamId());
                    if (stream != null) {
                        stream.broken("client reset the stream");
                    }
                }
                case SpdyPingFrame ping -> {
                    if (ping.id() % 2 != 0) {
                        send(ping);
                    }
                }
                case SpdySettingsFrame settings -> settings(settings);
                case SpdyWindowUpdateFrame update -> windowUpdate(update);
                default -> LOG.debug("SPDY frame ignored frame={}", frame);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("SPDY session ended cause={}", cause.toString());
            send(new DefaultSpdyGoAwayFrame(lastStream, SpdySessionStatus.PROTOCOL_ERROR));
            wire.close();
        }
    }
}
