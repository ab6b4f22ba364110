package io.beemesh.apiserver.request;

import java.io.Serial;

/** Ends a request with a {@link ApiStatus}; thrown where the reason is found, caught once. */
public final class StatusException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;
    private final transient ApiStatus status;

    public StatusException(ApiStatus status) {
        super(status.message(), null, false, false);
        this.status = status;
    }

    public ApiStatus status() {
        return status;
    }
}
