package io.beemesh.protocol.registry;

import java.io.Serial;

/** A peer sent what is no message of the registry protocol; it costs the peer its stream. */
public final class RegistryException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public RegistryException(String message) {
        super(message);
    }

    public RegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
