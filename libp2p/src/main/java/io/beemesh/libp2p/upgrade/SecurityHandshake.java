package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.peer.PublicKey;
import java.nio.ByteBuffer;
import java.util.Optional;

/** One side of a handshake under way; it writes to the link by itself. */
public interface SecurityHandshake {
    /** Takes what it needs from {@code in}, and not a byte of what follows the handshake. */
    void feed(ByteBuffer in) throws Libp2pException;

    /** Present once this side is done. */
    Optional<Secured> result();

    /** Gives back what it holds outside the heap; not to be called once there is a result. */
    void close();

    /**
     * An authenticated link.
     *
     * @param remoteKey the proven identity
     * @param yamuxAgreed true if the handshake chose the muxer as well
     * @param channel carries what follows
     */
    record Secured(PublicKey remoteKey, boolean yamuxAgreed, SecureChannel channel) {}
}
