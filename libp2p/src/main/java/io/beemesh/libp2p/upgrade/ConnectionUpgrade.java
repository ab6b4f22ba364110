package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multistream.MultistreamDialer;
import io.beemesh.libp2p.multistream.MultistreamException;
import io.beemesh.libp2p.multistream.MultistreamListener;
import io.beemesh.libp2p.multistream.MultistreamStep;
import io.beemesh.libp2p.noise.NoiseException;
import io.beemesh.libp2p.noise.NoiseHandshake;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.yamux.YamuxException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way of one link: agree on {@code /noise}, shake hands, agree on {@code /yamux/1.0.0} unless the
 * handshake did, then carry streams. Bytes go in by {@link #onBytes}, for the whole life of the link.
 */
public final class ConnectionUpgrade {
    /** The only muxer that is offered. */
    public static final ProtocolId YAMUX = new ProtocolId("/yamux/1.0.0");

    private static final ProtocolId NOISE = new ProtocolId("/noise");

    private final UpgradeContext context;
    private final RawLink link;
    private final Optional<PeerId> expected;
    private final boolean dialer;
    private final Multiaddr remoteAddress;
    private final CompletableFuture<Connection> upgraded = new CompletableFuture<>();
    private final Loop.Timer deadline;

    private Negotiation negotiation;
    private @Nullable NoiseHandshake handshake;
    private NoiseHandshake.@Nullable Result secured;
    private @Nullable NoiseLink noise;
    private @Nullable MuxedConnection connection;
    private boolean ended;

    /** One side of multistream: either of the two classes. */
    private interface Negotiation {
        MultistreamStep feed(ByteBuffer in) throws MultistreamException;
    }

    private ConnectionUpgrade(
            UpgradeContext context, RawLink link, Multiaddr remoteAddress,
            Optional<PeerId> expected) {
        this.context = context;
        this.link = link;
        this.remoteAddress = remoteAddress;
        this.expected = expected;
        this.dialer = expected.isPresent();
        this.deadline = context.loop().schedule(context.handshakeTimeout(),
                () -> end("handshake took too long"));
        this.negotiation = negotiate(NOISE, this::sendRaw);
    }

    /** The side that dialed {@code peer}; the first bytes are sent at once. */
    public static ConnectionUpgrade dialer(UpgradeContext context, RawLink link, Multiaddr address,
            PeerId peer) {
        return new ConnectionUpgrade(context, link, address, Optional.of(peer));
    }

    /** The side that was dialed. */
    public static ConnectionUpgrade listener(UpgradeContext context, RawLink link,
            Multiaddr remoteAddress) {
        return new ConnectionUpgrade(context, link, remoteAddress, Optional.empty());
    }

    /** The connection, or a {@link Libp2pException}. */
    public CompletableFuture<Connection> upgraded() {
        return upgraded;
    }

    /** Takes all of {@code in}; whatever is wrong with it ends the link. */
    public void onBytes(ByteBuffer in) {
        try {
            if (secured == null) {
                feedRaw(in);
            }
            if (noise != null && !ended) {
                noise.feed(in, this::onPlain);
            }
        } catch (NoiseException | MultistreamException e) {
            end(String.valueOf(e.getMessage()));
        } catch (YamuxException e) {
            if (connection != null) {
                connection.fail(String.valueOf(e.getMessage()));
            }
        }
    }

    /** The link has room again. */
    public void onWritable() {
        if (connection != null) {
            connection.flush();
        }
    }

    /** The link is gone or must go. */
    public void end(String reason) {
        if (ended) {
            return;
        }
        ended = true;
        deadline.cancel();
        if (connection != null) {
            connection.end(reason);
        } else {
            link.close();
        }
        upgraded.completeExceptionally(new Libp2pException(reason));
    }

    private Negotiation negotiate(ProtocolId protocol, Consumer<byte[]> send) {
        if (dialer) {
            MultistreamDialer side = new MultistreamDialer(List.of(protocol));
            send.accept(side.opening());
            return side::feed;
        }
        return new MultistreamListener(protocol::equals)::feed;
    }

    private static boolean agreed(Negotiation negotiation, ByteBuffer in, Consumer<byte[]> send)
            throws MultistreamException {
        for (;;) {
            switch (negotiation.feed(in)) {
                case MultistreamStep.More ignored -> {
                    return false;
                }
                case MultistreamStep.Send step -> send.accept(step.bytes());
                case MultistreamStep.Agreed step -> {
                    send.accept(step.answer());
                    return true;
                }
            }
        }
    }

    private void feedRaw(ByteBuffer in) throws MultistreamException, NoiseException {
        if (handshake == null) {
            if (!agreed(negotiation, in, this::sendRaw)) {
                return;
            }
            handshake = newHandshake();
            handshake.takeOutput().forEach(this::sendRaw);
        }
        handshake.feed(in);
        handshake.takeOutput().forEach(this::sendRaw);
        if (handshake.result().isPresent()) {
            onSecured(handshake.result().get());
        }
    }

    private NoiseHandshake newHandshake() {
        return expected.map(
                peer -> NoiseHandshake.dialer(context.identity(), context.buffers().engine, peer))
                .orElseGet(() -> NoiseHandshake.listener(context.identity(),
                        context.buffers().engine));
    }

    private void onSecured(NoiseHandshake.Result result) {
        secured = result;
        handshake = null;
        noise = new NoiseLink(context.buffers(), link, result);
        if (result.remoteMuxers().contains(YAMUX.name())
                && context.identity().muxers().contains(YAMUX.name())) {
            onMuxerAgreed(result, noise);
        } else {
            negotiation = negotiate(YAMUX, this::sendSealed);
        }
    }

    private void onPlain(ByteBuffer plain) throws YamuxException {
        try {
            if (connection == null && secured != null && noise != null) {
                if (!agreed(negotiation, plain, this::sendSealed)) {
                    return;
                }
                onMuxerAgreed(secured, noise);
            }
        } catch (MultistreamException e) {
            end(String.valueOf(e.getMessage()));
            return;
        }
        if (connection != null && !ended) {
            connection.onPlain(plain);
        }
    }

    private void onMuxerAgreed(NoiseHandshake.Result result, NoiseLink over) {
        deadline.cancel();
        MuxedConnection muxed = new MuxedConnection(context, link, over, result.remoteKey(),
                remoteAddress, !dialer);
        connection = muxed;
        muxed.onClosed(() -> end("connection closed"));
        upgraded.complete(muxed);
        muxed.start();
    }

    private void sendRaw(byte[] bytes) {
        if (bytes.length > 0) {
            link.write(bytes, 0, bytes.length);
            link.flush();
        }
    }

    private void sendSealed(byte[] bytes) {
        if (bytes.length > 0 && noise != null) {
            noise.send(bytes, bytes.length);
            link.flush();
        }
    }
}
