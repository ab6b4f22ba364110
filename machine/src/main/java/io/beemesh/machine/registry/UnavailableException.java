package io.beemesh.machine.registry;

import java.io.Serial;

/** What was asked for cannot be read now; the message is a sentence for users. Try again later. */
public final class UnavailableException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    UnavailableException(String message) {
        super(message);
    }
}
