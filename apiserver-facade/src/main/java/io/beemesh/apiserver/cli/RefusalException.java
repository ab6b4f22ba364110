package io.beemesh.apiserver.cli;

import java.io.Serial;

/** What was asked cannot be done, and the operator can do something about it; the message says what. */
final class RefusalException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;
    private final ExitCode code;

    RefusalException(ExitCode code, String message) {
        super(message);
        this.code = code;
    }

    ExitCode code() {
        return code;
    }
}
