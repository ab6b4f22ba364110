package io.beemesh.apiserver;

import java.io.IOException;
import java.io.Serial;

/** The mesh did not admit this machine; the message says why and what to do. */
public final class JoinRefusedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    JoinRefusedException(String message) {
        super(message);
    }
}
