package io.beemesh.machine.object;

import java.io.Serial;

/** A quantity or a selector from outside breaks its syntax; the message is Kubernetes' own. */
public final class SyntaxException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public SyntaxException(String message) {
        super(message);
    }
}
