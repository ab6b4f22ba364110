package io.beemesh.libp2p;

import io.beemesh.libp2p.peer.PeerId;
import java.util.Set;

/** What a host learns about its connections. */
public sealed interface PeerEvent {
    PeerId peer();

    /** The first connection to the peer is up. */
    record Connected(PeerId peer) implements PeerEvent {}

    /** The last connection to the peer is gone. */
    record Disconnected(PeerId peer) implements PeerEvent {}

    /** The peer said, at first or again, which protocols it serves. */
    record Identified(PeerId peer, Set<ProtocolId> protocols) implements PeerEvent {
        public Identified {
            protocols = Set.copyOf(protocols);
        }
    }
}
