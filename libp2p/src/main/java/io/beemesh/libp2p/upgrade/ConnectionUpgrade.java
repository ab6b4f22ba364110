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
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.yamux.YamuxException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way of one link: agree on a security protocol, shake hands, agree on {@code /yamux/1.0.0} unless the
 * handshake did, then carry streams. Bytes go in by {@link #onBytes}, for the whole life of the link.
 */
public final class ConnectionUpgrade {
    /** The only muxer that is offered. */
    public static final ProtocolId YAMUX = new ProtocolId("/yamux/1.0.0");

    private final UpgradeContext context;
    private final RawLink link;
    private final Optional<PeerId> expected;
    private final boolean dialer;
    private final Multiaddr remoteAddress;
    private final CompletableFuture<Connection> upgraded = new CompletableFuture<>();
    private final Loop.Timer deadline;

    private Negotiation negotiation;
    private @Nullable SecurityHandshake handshake;
    private SecurityHandshake.@Nullable Secured secured;
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
        this.negotiation = negotiate(
                context.securities().stream().map(SecurityProtocol::id).toList(), this::sendRaw);
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
            if (secured != null && !ended) {
                secured.channel().feed(in, this::onPlain);
            }
        } catch (MultistreamException | Libp2pException e) {
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
        if (secured != null) {
            secured.channel().close();
        } else if (handshake != null) {
            handshake.close();
        }
        upgraded.completeExceptionally(new Libp2pException(reason));
    }

    private Negotiation negotiate(List<ProtocolId> protocols, Consumer<byte[]> send) {
        if (dialer) {
            MultistreamDialer side = new MultistreamDialer(protocols);
            send.accept(side.opening());
            return side::feed;
        }
        return new MultistreamListener(protocols::contains)::feed;
    }

    private static Optional<ProtocolId> agreed(Negotiation negotiation, ByteBuffer in,
            Consumer<byte[]> send)
            throws MultistreamException {
        for (;;) {
            switch (negotiation.feed(in)) {
                case MultistreamStep.More ignored -> {
                    return Optional.empty();
                }
                case MultistreamStep.Send step -> send.accept(step.bytes());
                case MultistreamStep.Agreed step -> {
                    send.accept(step.answer());
                    return Optional.of(step.protocol());
                }
            }
        }
    }

    private void feedRaw(ByteBuffer in) throws MultistreamException, Libp2pException {
        SecurityHandshake current = handshake;
        if (current == null) {
            Optional<ProtocolId> security = agreed(negotiation, in, this::sendRaw);
            if (security.isEmpty()) {
                return;
            }
            current = newHandshake(security.get());
            handshake = current;
        }
        current.feed(in);
        if (!ended && current.result().isPresent()) {
            onSecured(current.result().get());
        }
    }

    private SecurityHandshake newHandshake(ProtocolId chosen) {
        SecurityProtocol security = context.securities().stream()
                .filter(one -> one.id().equals(chosen)).findFirst().orElseThrow();
        return expected.map(peer -> security.dialer(context.buffers(), link, peer))
                .orElseGet(() -> security.listener(context.buffers(), link));
    }

    private void onSecured(SecurityHandshake.Secured result) {
        secured = result;
        handshake = null;
        if (result.yamuxAgreed()) {
            onMuxerAgreed(result);
        } else {
            negotiation = negotiate(List.of(YAMUX), this::sendSealed);
        }
    }

    private void onPlain(ByteBuffer plain) throws YamuxException {
        try {
            if (connection == null && secured != null) {
                if (agreed(negotiation, plain, this::sendSealed).isEmpty()) {
                    return;
                }
                onMuxerAgreed(secured);
            }
        } catch (MultistreamException e) {
            end(String.valueOf(e.getMessage()));
            return;
        }
        if (connection != null && !ended) {
            connection.onPlain(plain);
        }
    }

    private void onMuxerAgreed(SecurityHandshake.Secured result) {
        deadline.cancel();
        MuxedConnection muxed = new MuxedConnection(context, link, result.channel(),
                result.remoteKey(), remoteAddress, !dialer);
        connection = muxed;
        muxed.onClosed(() -> end("connection closed"));
        upgraded.complete(muxed);
        muxed.start();
    }

    private void sendRaw(byte[] bytes) {
        if (bytes.length > 0) {
            link.write(ByteBuffer.wrap(bytes));
            link.flush();
        }
    }

    private void sendSealed(byte[] bytes) {
        if (bytes.length > 0 && secured != null) {
            secured.channel().send(ByteBuffer.wrap(bytes));
            link.flush();
        }
    }
}
