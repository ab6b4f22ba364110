package io.beemesh.libp2p;

import java.io.Serial;
import java.time.Duration;

/**
 * A peer was not dialed: it could not be reached a moment ago, or too many others wait. It says nothing
 * about whether the peer can be reached now.
 */
public final class NotDialedException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    public NotDialedException(String message, Duration retryAfter) {
        super(message);
        this.retryAfter = retryAfter;
    }

    /** When it may be tried again. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
