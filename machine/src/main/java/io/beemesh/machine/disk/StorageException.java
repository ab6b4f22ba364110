package io.beemesh.machine.disk;

import java.io.IOException;
import java.io.Serial;

/** What is on disk cannot be trusted or used; the message says which file, why, and what to do. */
public final class StorageException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    StorageException(String message) {
        super(message);
    }

    StorageException(String message, Throwable cause) {
        super(message, cause);
    }
}
