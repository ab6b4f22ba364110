package io.beemesh.libp2p.multiformats;

import java.io.Serial;

/** Bytes or text that are not what they should be: a multiaddr, multihash, varint, key or peer id. */
public final class FormatException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public FormatException(String message) {
        super(message);
    }
}
