package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.util.List;

/** A peer and where it is said to be; not verified before it is dialed. */
public record KadPeer(PeerId id, List<Multiaddr> addresses) {
    /** Addresses of one peer that are read or sent. */
    public static final int ADDRESSES_MAX = 16;

    public KadPeer {
        addresses = List.copyOf(addresses);
    }
}
