package io.beemesh.libp2p.yamux;

import java.io.Serial;

/** The remote side broke the protocol: the connection must end. */
public final class YamuxException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    YamuxException(String message) {
        super(message);
    }
}
