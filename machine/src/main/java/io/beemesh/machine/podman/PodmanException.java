package io.beemesh.machine.podman;

import java.io.IOException;
import java.io.Serial;

/** Podman answered with an error. */
final class PodmanException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;
    private final int code;

    PodmanException(int code, String message) {
        super(message);
        this.code = code;
    }

    int code() {
        return code;
    }

    boolean isNotFound() {
        return code == 404;
    }
}
