package io.beemesh.machine.runtime;

import java.io.Serial;
import java.util.concurrent.CompletionException;

/** A call that the runtime, the disk or a probe did not do; the message is for users. */
public final class RuntimeFailure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;
    private final Kind kind;

    public RuntimeFailure(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** The message. */
    public String text() {
        return String.valueOf(getMessage());
    }

    public Kind kind() {
        return kind;
    }

    /** The failure in what a future completed with. */
    public static RuntimeFailure of(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof RuntimeFailure failure
                ? failure
                : new RuntimeFailure(Kind.REFUSED, String.valueOf(cause));
    }

    /** What the caller can do about it. */
    public enum Kind {
        /** The runtime was out of reach, so nothing is known. */
        UNREACHABLE,
        /** It said no, or could not. */
        REFUSED,
        /** There is no such sandbox, container or image. */
        NOT_FOUND,
        /** It took longer than allowed. */
        TIMED_OUT
    }
}
