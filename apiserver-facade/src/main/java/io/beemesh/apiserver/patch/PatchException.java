package io.beemesh.apiserver.patch;

import java.io.Serial;

/** A patch that cannot be applied; the message is for its sender. */
public final class PatchException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;
    private final Reason reason;

    public PatchException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    /** What answer it deserves. */
    public enum Reason {
        /** 400: it is no such patch at all. */
        MALFORMED,
        /** 413: more than the limits allow. */
        TOO_LARGE,
        /** 422: it does not fit the object as it is. */
        UNPROCESSABLE
    }
}
