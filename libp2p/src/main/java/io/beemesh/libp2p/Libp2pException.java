package io.beemesh.libp2p;

import java.io.Serial;

/** What can go wrong with a remote peer or with what it sent. */
public class Libp2pException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public Libp2pException(String message) {
        super(message);
    }

    public Libp2pException(String message, Throwable cause) {
        super(message, cause);
    }
}
