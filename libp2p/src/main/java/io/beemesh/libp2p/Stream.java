package io.beemesh.libp2p;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;

/** A {@link ByteStream} to a peer on which both sides speak one protocol. */
public interface Stream extends ByteStream {
    PeerId remotePeer();

    ProtocolId protocol();

    /** Where the peer is, as its connection says, without {@code /p2p} at the end. */
    Multiaddr remoteAddress();
}
