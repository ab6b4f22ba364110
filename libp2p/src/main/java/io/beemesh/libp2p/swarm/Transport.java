package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.util.concurrent.CompletableFuture;

/** A way to reach peers. What it accepts it hands to {@link Swarm#onConnection}. */
public interface Transport {
    /** True for addresses of its kind. */
    boolean canDial(Multiaddr address);

    /**
     * Connects and proves that it is {@code peer}; ends on the loop, with a {@link
     * io.beemesh.libp2p.Libp2pException} in time of its own. {@code address} has no {@code /p2p} at its end.
     */
    CompletableFuture<Connection> dial(Multiaddr address, PeerId peer);

    /** Like {@link #dial}, but from a port of its own, through which nothing was sent before. */
    default CompletableFuture<Connection> probe(Multiaddr address, PeerId peer) {
        return dial(address, peer);
    }

    /**
     * Connects while the peer does the same towards this host, so that the NATs between them take each
     * other's first packet for an answer. {@code asDialer} says which side is the dialer in the handshake.
     */
    default CompletableFuture<Connection> punch(Multiaddr address, PeerId peer, boolean asDialer) {
        return CompletableFuture
                .failedFuture(new Libp2pException("no way to punch holes to " + address));
    }
}
