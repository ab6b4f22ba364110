package io.beemesh.protocol.sidecar;

import java.io.Serial;

/** Why there is no connection. */
public final class RefusedException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;
    private final ConnectStatus status;

    public RefusedException(ConnectStatus status) {
        super("connection: " + status);
        this.status = status;
    }

    public ConnectStatus status() {
        return status;
    }

    /** The status in what a future failed with. */
    public static ConnectStatus statusOf(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof RefusedException)) {
            cause = cause.getCause();
        }
        return cause instanceof RefusedException refused
                ? refused.status
                : ConnectStatus.UNREACHABLE;
    }
}
