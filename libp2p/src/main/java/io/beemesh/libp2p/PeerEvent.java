package io.beemesh.libp2p;

import io.beemesh.libp2p.peer.PeerId;
import java.util.Set;

/** What a host learns about its connections. */
public sealed interface PeerEvent {
    PeerId peer();

    /**
     * The first connection to the peer that is not limited is up.
     *
     * @param inbound true if the peer dialed
     */
    record Connected(PeerId peer, boolean inbound) implements PeerEvent {}

    /**
     * A connection to the peer through a relay is up, limited or not, beside others or alone.
     *
     * @param inbound true if the peer dialed
     */
    record Relayed(PeerId peer, boolean inbound) implements PeerEvent {}

    /** The last connection to the peer that is not limited is gone. */
    record Disconnected(PeerId peer) implements PeerEvent {}

    /** The peer said, at first or again, which protocols it serves. */
    record Identified(PeerId peer, Set<ProtocolId> protocols) implements PeerEvent {
        public Identified {
            protocols = Set.copyOf(protocols);
        }
    }
}
