package io.beemesh.machine.agent;

import java.io.Serial;
import java.util.concurrent.CompletionException;

/** Why a container could not be started, in the words of its {@code waiting} state. */
final class StartFailure extends Exception {
    static final String CONFIG_ERROR = "CreateContainerConfigError";
    static final String CREATE_ERROR = "CreateContainerError";
    static final String RUN_ERROR = "RunContainerError";
    static final String ABANDONED = "Abandoned";

    @Serial
    private static final long serialVersionUID = 1L;
    private final String reason;

    StartFailure(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    static StartFailure config(String message) {
        return new StartFailure(CONFIG_ERROR, message);
    }

    String reason() {
        return reason;
    }

    String text() {
        return String.valueOf(getMessage());
    }

    /** For stages of futures. */
    CompletionException thrown() {
        return new CompletionException(this);
    }
}
