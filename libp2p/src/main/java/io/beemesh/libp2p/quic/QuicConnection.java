package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.upgrade.ProvenConnection;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionPathStats;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A QUIC connection whose peer is proven. */
final class QuicConnection extends ProvenConnection {
    private final QuicTransport transport;
    private final QuicChannel channel;
    private final Set<QuicByteStream> streams = new LinkedHashSet<>();
    private final List<QuicOutput> unflushed = new ArrayList<>();
    private final LateEnds lateEnds;
    private final StreamOpenings openings;
    private Loop.@Nullable Timer keepAlive;
    private boolean heard;
    private boolean flushPlanned;

    QuicConnection(QuicTransport transport, QuicChannel channel, PublicKey remoteKey,
            Multiaddr remoteAddress, boolean inbound) {
        super(remoteKey, remoteAddress, inbound);
        this.transport = transport;
        this.channel = channel;
        this.lateEnds = new LateEnds(transport.loop(), this::pathState, this::resume);
        this.openings = new StreamOpenings(
                () -> channel.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) > 0, this::openNow);
        planKeepAlive();
    }

    Loop loop() {
        return transport.loop();
    }

    /** The remote side sent something. */
    void alive() {
        heard = true;
    }

    /** Netty's codec has no keep-alive of its own: where nothing was heard, the libp2p ping asks. */
    private void planKeepAlive() {
        keepAlive = loop().schedule(transport.config().idleTimeout().dividedBy(3), () -> {
            if (!isClosed() && !heard) {
                KeepAlive.ask(this);
            }
            heard = false;
            if (!isClosed()) {
                planKeepAlive();
            }
        });
    }

    @Override
    public CompletableFuture<ByteStream> openStream() {
        return isClosed()
                ? CompletableFuture.failedFuture(new Libp2pException("connection is closed"))
                : openings.ask();
    }

    private CompletableFuture<ByteStream> openNow() {
        QuicByteStream stream = new QuicByteStream(this, transport.config().writeBytesMax(), false);
        Future<QuicStreamChannel> opened = channel.createStream(QuicStreamType.BIDIRECTIONAL,
                transport.initializer(stream));
        if (!opened.isSuccess()) {
            return CompletableFuture.failedFuture(
                    new Libp2pException("too many streams on the connection", opened.cause()));
        }
        streams.add(stream);
        return CompletableFuture.completedFuture(stream);
    }

    /** The remote side allows more streams than before. */
    void onStreamsAllowed() {
        openings.openMore();
    }

    /** The remote side opened a stream; gives its handler. */
    QuicByteStream accept() {
        QuicByteStream stream = new QuicByteStream(this, transport.config().writeBytesMax(), true);
        streams.add(stream);
        loop().execute(() -> offer(stream));
        return stream;
    }

    void remove(QuicByteStream stream) {
        streams.remove(stream);
    }

    @Override
    public int streamCount() {
        return streams.size();
    }

    @Override
    public void close() {
        if (!isClosed()) {
            channel.close(true, 0, Unpooled.EMPTY_BUFFER);
            onChannelClosed();
        }
    }

    /** The channel is gone: its streams are told by Netty. */
    void onChannelClosed() {
        endOnce(() -> {
            if (keepAlive != null) {
                keepAlive.cancel();
            }
            openings.fail(new Libp2pException("connection is closed"));
        });
    }

    @Override
    public boolean acceptsStreams() {
        return !isClosed();
    }

    private void resume() {
        List.copyOf(streams).forEach(QuicByteStream::resume);
    }

    LateEnds lateEnds() {
        return lateEnds;
    }

    private Optional<LateEnds.PathState> pathState() {
        Future<QuicConnectionPathStats> stats = channel.collectPathStats(0);
        return stats.isSuccess()
                ? Optional.of(new LateEnds.PathState(stats.getNow().sent(),
                        stats.getNow().recv(), Duration.ofNanos(stats.getNow().rtt()),
                        stats.getNow().cwnd()))
                : Optional.empty();
    }

    /** Sends at the end of this turn what was written to a stream in it; once a turn and stream. */
    void planFlush(QuicOutput output) {
        unflushed.add(output);
        planFlush();
    }

    /** Sends at the end of this turn what was given to QUIC in it. */
    void planFlush() {
        if (!flushPlanned && !isClosed()) {
            flushPlanned = true;
            loop().execute(() -> {
                flushPlanned = false;
                List<QuicOutput> written = List.copyOf(unflushed);
                unflushed.clear();
                written.forEach(QuicOutput::flush);
                channel.flush();
            });
        }
    }
}
