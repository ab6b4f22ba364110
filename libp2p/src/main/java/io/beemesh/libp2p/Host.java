package io.beemesh.libp2p;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * My peer: opens streams to others and serves theirs.
 *
 * <p>All methods are called, and all callbacks and futures come, on {@link #loop()}.
 */
public interface Host {
    PeerId peerId();

    Loop loop();

    /** The addresses under which others may dial this host, without {@code /p2p}. */
    List<Multiaddr> listenAddresses();

    /** Known addresses of other peers; bounded, with expiry. */
    AddressBook addressBook();

    /**
     * Opens a stream under the first of {@code protocols} that the peer speaks, dialing it if there is no
     * connection. Fails with a {@link Libp2pException}: no address, refused, timed out, none of the
     * protocols, or only a limited connection and none of the protocols allowed on it.
     */
    CompletableFuture<Stream> newStream(PeerId peer, List<ProtocolId> protocols);

    /**
     * The same for one exchange with a deadline, counted from now: by then the stream is there, or the future
     * fails; and what is not over by then on both sides is reset.
     */
    default CompletableFuture<Stream> newStream(PeerId peer, List<ProtocolId> protocols,
            Duration deadline) {
        CompletableFuture<Stream> result = new CompletableFuture<>();
        CompletableFuture<Stream> opening = newStream(peer, protocols);
        Loop.Timer timer = loop().schedule(deadline, () -> {
            if (!result.completeExceptionally(
                    new Libp2pException("no stream to " + peer + " within " + deadline))) {
                result.thenAccept(Stream::reset);
            }
        });
        opening.whenComplete((stream, failure) -> {
            if (stream == null) {
                timer.cancel();
                result.completeExceptionally(failure);
            } else if (!result.complete(stream)) {
                stream.reset(); // came too late
            }
        });
        return result;
    }

    /** Connects to the peer unless connected. */
    CompletableFuture<Void> connect(PeerId peer);

    /** Closes all connections to the peer. */
    void disconnect(PeerId peer);

    /** Peers with at least one connection that is not limited. */
    Set<PeerId> connectedPeers();

    /** The protocols that the peer named by identify; empty while unknown. */
    Set<ProtocolId> protocolsOf(PeerId peer);

    /**
     * The addresses that a connected peer claims, in an envelope signed by it and verified, to be passed
     * on; empty if it sent none.
     */
    default byte[] signedRecordOf(PeerId peer) {
        return new byte[0];
    }

    /** Serves {@code protocol} from now on, and tells connected peers by identify push. */
    void handle(ProtocolId protocol, StreamHandler handler);

    /** Stops serving {@code protocol}. */
    void unhandle(ProtocolId protocol);

    /**
     * Lets {@code protocol} run on limited connections as well, in both directions; others find no
     * connection there and are not served.
     */
    void allowLimited(ProtocolId protocol);

    /** Calls {@code listener} on the loop for each event from now on. */
    void onPeerEvent(Consumer<PeerEvent> listener);
}
