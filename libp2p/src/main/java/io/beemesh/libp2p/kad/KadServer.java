package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.FrameBudget;
import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/** Serves the streams of others: requests of one stream one after another, each answered before the next is read. */
final class KadServer implements StreamHandler {
    static final int STREAMS_MAX = 2_048;
    static final int STREAMS_PER_PEER_MAX = 32;
    static final long HELD_BYTES_MAX = 32L << 20;
    static final long HELD_BYTES_PER_PEER_MAX = 4L << 20;
    static final Duration IDLE_MAX = Duration.ofSeconds(60);

    /** Answers a request of somebody who is seen in {@code scope}; null if it has no answer. Throws to reset the stream. */
    @FunctionalInterface
    interface Responder {
        @Nullable
        KadMessage respond(PeerId from, IpScope scope, KadMessage request) throws KadException;
    }

    private final Peers peers;
    private final Responder responder;
    private final SequencedSet<Session> sessions = new LinkedHashSet<>();
    private final FrameBudget held = new FrameBudget(HELD_BYTES_MAX);
    private final Map<PeerId, Asker> perPeer = new HashMap<>();

    private static final class Asker {
        final FrameBudget held;
        int streams;

        Asker(FrameBudget held) {
            this.held = held;
        }
    }

    KadServer(Peers peers, Responder responder) {
        this.peers = peers;
        this.responder = responder;
    }

    @Override
    public void onStream(Stream stream) {
        Session session = new Session(stream);
        Asker known = perPeer.get(stream.remotePeer());
        if ((known != null && known.streams >= STREAMS_PER_PEER_MAX)
                || sessions.size() >= STREAMS_MAX) {
            stream.reset();
            return;
        }
        Asker asker = perPeer.computeIfAbsent(stream.remotePeer(),
                peer -> new Asker(held.part(HELD_BYTES_PER_PEER_MAX)));
        asker.streams++;
        sessions.add(session);
        session.activeNanos = peers.loop().nanoTime();
        session.reader = FrameReader.start(stream, peers.config().frameBytesMax(), session,
                asker.held);
        if (peers.isServer(stream.remotePeer())) {
            peers.consider(stream.remotePeer());
        }
    }

    /** Bytes that are held of requests that are not complete. */
    long heldBytes() {
        return held.heldBytes();
    }

    /** Resets streams that said nothing for long; called now and then. */
    void dropIdle() {
        long now = peers.loop().nanoTime();
        List.copyOf(sessions).stream()
                .filter(session -> now - session.activeNanos > IDLE_MAX.toNanos())
                .forEach(session -> session.close(true));
    }

    void close() {
        List.copyOf(sessions).forEach(session -> session.close(true));
    }

    private final class Session implements FrameReader.Receiver {
        private final Stream stream;
        private final IpScope scope;
        private @Nullable FrameReader reader;
        private long activeNanos;

        Session(Stream stream) {
            this.stream = stream;
            this.scope = peers.scopeOf(stream.remoteAddress());
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            activeNanos = peers.loop().nanoTime();
            try {
                KadMessage answer = responder.respond(stream.remotePeer(), scope,
                        KadCodec.decode(frame));
                if (answer != null && reader != null) {
                    reader.pause();
                    stream.write(FrameReader.frame(KadCodec.encode(answer)))
                            .whenComplete(this::written);
                }
            } catch (KadException e) {
                close(true);
            }
        }

        private void written(@Nullable Void done, @Nullable Throwable failure) {
            if (failure != null) {
                close(true);
            } else if (reader != null) {
                reader.resume();
            }
        }

        @Override
        public void onEnd() {
            stream.closeWrite();
            close(false);
        }

        @Override
        public void onFailure(Libp2pException cause) {
            close(false);
        }

        private void close(boolean reset) {
            if (!sessions.remove(this)) {
                return;
            }
            Asker asker = perPeer.get(stream.remotePeer());
            if (asker != null && --asker.streams == 0) {
                perPeer.remove(stream.remotePeer());
            }
            if (reset) {
                if (reader != null) {
                    reader.stop();
                }
                stream.reset();
            }
        }
    }
}
