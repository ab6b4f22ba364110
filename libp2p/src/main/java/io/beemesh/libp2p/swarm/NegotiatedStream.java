package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multistream.MultistreamDialer;
import io.beemesh.libp2p.multistream.MultistreamException;
import io.beemesh.libp2p.multistream.MultistreamListener;
import io.beemesh.libp2p.multistream.MultistreamStep;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A raw stream that first agrees on its protocol. While it negotiates it gives the raw stream credit for
 * no byte beyond the negotiation, so nothing of the application is ever held here.
 */
final class NegotiatedStream implements Stream, StreamReader {
    private static final Logger LOG = LoggerFactory.getLogger(NegotiatedStream.class);

    private final Loop loop;
    private final ByteStream raw;
    private final PeerId peer;
    private final Multiaddr address;
    private @Nullable Negotiation negotiation;
    private @Nullable Consumer<NegotiatedStream> onAgreed;
    private final CompletableFuture<Stream> agreed = new CompletableFuture<>();
    private Loop.@Nullable Timer deadline;
    private @Nullable ProtocolId protocol;
    private @Nullable StreamReader reader;
    private long heldCredit;
    private int negotiationCredit;
    private boolean ended;
    private @Nullable StreamResetException resetCause;

    private interface Negotiation {
        MultistreamStep feed(ByteBuffer in) throws MultistreamException;

        int wanted();
    }

    /** The other side: who, and where its connection says it is. */
    record Remote(PeerId peer, Multiaddr address) {}

    private record Dialing(MultistreamDialer side) implements Negotiation {
        @Override
        public MultistreamStep feed(ByteBuffer in) throws MultistreamException {
            return side.feed(in);
        }

        @Override
        public int wanted() {
            return side.wanted();
        }
    }

    private record Listening(MultistreamListener side) implements Negotiation {
        @Override
        public MultistreamStep feed(ByteBuffer in) throws MultistreamException {
            return side.feed(in);
        }

        @Override
        public int wanted() {
            return side.wanted();
        }
    }

    private NegotiatedStream(Loop loop, ByteStream raw, Remote remote, Negotiation negotiation) {
        this.loop = loop;
        this.raw = raw;
        this.peer = remote.peer;
        this.address = remote.address;
        this.negotiation = negotiation;
    }

    /** Proposes; the future comes once the remote side agreed or refused. */
    static NegotiatedStream propose(Loop loop, ByteStream raw, Remote peer,
            List<ProtocolId> protocols) {
        MultistreamDialer dialer = new MultistreamDialer(protocols);
        NegotiatedStream stream = new NegotiatedStream(loop, raw, peer, new Dialing(dialer));
        raw.reader(stream);
        raw.write(ByteBuffer.wrap(dialer.opening()));
        stream.requestNegotiation();
        return stream;
    }

    /** Proposes what the remote side is known to speak: usable at once, checked as the answer comes. */
    static NegotiatedStream lazy(Loop loop, ByteStream raw, Remote peer, ProtocolId protocol) {
        NegotiatedStream stream = propose(loop, raw, peer, List.of(protocol));
        stream.protocol = protocol;
        stream.agreed.complete(stream);
        return stream;
    }

    /** Answers the remote side's proposals, then calls {@code onAgreed}. */
    static NegotiatedStream answer(
            Loop loop, ByteStream raw, Remote peer, Predicate<ProtocolId> speaks,
            Consumer<NegotiatedStream> onAgreed) {
        NegotiatedStream stream = new NegotiatedStream(loop, raw, peer,
                new Listening(new MultistreamListener(speaks)));
        stream.onAgreed = onAgreed;
        raw.reader(stream);
        stream.requestNegotiation();
        return stream;
    }

    /** Resets the stream if the negotiation lasts until then. */
    void deadline(Loop.Timer timer) {
        if (negotiation == null) {
            timer.cancel();
        } else {
            deadline = timer;
        }
    }

    void expire() {
        if (negotiation != null) {
            fail("protocol was not agreed in time");
        }
    }

    CompletableFuture<Stream> agreed() {
        return agreed;
    }

    private void requestNegotiation() {
        if (negotiation != null && negotiationCredit == 0) {
            negotiationCredit = negotiation.wanted();
            raw.request(negotiationCredit);
        }
    }

    @Override
    public void onData(ByteBuffer bytes) {
        if (negotiation != null) {
            negotiationCredit -= bytes.remaining();
            negotiate(negotiation, bytes);
        } else if (reader != null) {
            try {
                reader.onData(bytes);
            } catch (RuntimeException e) {
                LOG.error("Reader failed peer={} protocol={}", peer, protocol, e);
                raw.reset();
            }
        }
    }

    private void negotiate(Negotiation current, ByteBuffer bytes) {
        try {
            for (;;) {
                switch (current.feed(bytes)) {
                    case MultistreamStep.More ignored -> {
                        requestNegotiation();
                        return;
                    }
                    case MultistreamStep.Send step -> raw.write(ByteBuffer.wrap(step.bytes()));
                    case MultistreamStep.Agreed step -> {
                        agree(step);
                        return;
                    }
                }
            }
        } catch (MultistreamException e) {
            fail(String.valueOf(e.getMessage()));
        }
    }

    private void agree(MultistreamStep.Agreed step) {
        endNegotiation();
        protocol = step.protocol();
        raw.write(ByteBuffer.wrap(step.answer()));
        if (heldCredit > 0) {
            raw.request(heldCredit);
        }
        if (onAgreed != null) {
            onAgreed.accept(this);
            onAgreed = null;
        }
        agreed.complete(this);
    }

    private void fail(String reason) {
        endNegotiation();
        raw.reset();
        agreed.completeExceptionally(new Libp2pException(reason));
        tellReset(new StreamResetException(reason));
    }

    private void endNegotiation() {
        negotiation = null;
        if (deadline != null) {
            deadline.cancel();
            deadline = null;
        }
    }

    @Override
    public void onEnd() {
        ended = true;
        if (negotiation != null) {
            fail("remote side ended the stream before a protocol was agreed");
        } else if (reader != null) {
            reader.onEnd();
        }
    }

    @Override
    public void onReset(StreamResetException cause) {
        endNegotiation();
        agreed.completeExceptionally(cause);
        tellReset(cause);
    }

    private void tellReset(StreamResetException cause) {
        if (resetCause == null) {
            resetCause = cause;
            if (reader != null) {
                reader.onReset(cause);
            }
        }
    }

    @Override
    public PeerId remotePeer() {
        return peer;
    }

    @Override
    public Multiaddr remoteAddress() {
        return address;
    }

    @Override
    public ProtocolId protocol() {
        if (protocol == null) {
            throw new IllegalStateException("protocol is not agreed yet");
        }
        return protocol;
    }

    @Override
    public boolean isInbound() {
        return raw.isInbound();
    }

    @Override
    public void reader(StreamReader newReader) {
        if (reader != null) {
            throw new IllegalStateException("stream has a reader");
        }
        reader = newReader;
        StreamResetException cause = resetCause;
        if (cause != null) {
            loop.execute(() -> newReader.onReset(cause));
        } else if (ended) {
            loop.execute(newReader::onEnd);
        }
    }

    @Override
    public void request(long bytes) {
        if (negotiation == null) {
            raw.request(bytes);
        } else {
            heldCredit = heldCredit + bytes < 0 ? Long.MAX_VALUE : heldCredit + bytes;
        }
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        return raw.write(bytes);
    }

    @Override
    public void closeWrite() {
        raw.closeWrite();
    }

    @Override
    public void reset() {
        raw.reset();
    }

    @Override
    public boolean isOpen() {
        return raw.isOpen();
    }
}
