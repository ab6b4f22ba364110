package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;

/** Decides with whom to talk at all; asked on the loop. */
public interface ConnectionGater {
    /** May this address be dialed for this peer? */
    boolean allowDial(PeerId peer, Multiaddr address);

    /** May this address begin a handshake? */
    boolean allowAccept(Multiaddr remoteAddress);

    /** May this peer, whose key is proven now, have a connection? */
    boolean allowPeer(PeerId peer, boolean inbound, Multiaddr remoteAddress);

    /** Lets everybody in. */
    static ConnectionGater open() {
        return new ConnectionGater() {
            @Override
            public boolean allowDial(PeerId peer, Multiaddr address) {
                return true;
            }

            @Override
            public boolean allowAccept(Multiaddr remoteAddress) {
                return true;
            }

            @Override
            public boolean allowPeer(PeerId peer, boolean inbound, Multiaddr remoteAddress) {
                return true;
            }
        };
    }
}
