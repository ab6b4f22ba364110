package io.beemesh.apiserver.schema;

import java.io.Serial;

/** A body is not what its kind allows; the message is in Kubernetes' words and for the client. */
public final class DecodingException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public DecodingException(String message) {
        super(message);
    }

    /** As {@link #getMessage}, never null. */
    public String detail() {
        return String.valueOf(getMessage());
    }
}
