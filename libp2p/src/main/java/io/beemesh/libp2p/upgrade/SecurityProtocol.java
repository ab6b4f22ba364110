package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.peer.PeerId;

/** A way to secure links and to prove identities; one for all links of a host. */
public interface SecurityProtocol {
    /** Its name in multistream. */
    ProtocolId id();

    /** False if it proves identities only: then it is never used on a link that others can reach. */
    default boolean seals() {
        return true;
    }

    /** The side that dialed; it refuses another peer than {@code expected}. Its first bytes are sent at once. */
    SecurityHandshake dialer(UpgradeBuffers buffers, RawLink link, PeerId expected);

    /** The side that was dialed. */
    SecurityHandshake listener(UpgradeBuffers buffers, RawLink link);
}
