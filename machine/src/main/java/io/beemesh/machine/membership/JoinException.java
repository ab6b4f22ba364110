package io.beemesh.machine.membership;

import java.io.Serial;

/** This machine was not admitted; the message says why and what to do. */
public final class JoinException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    JoinException(String message) {
        super(message);
    }
}
