package io.beemesh.apiserver.pki;

import java.io.IOException;
import java.io.Serial;

/** The files that would be written are there and belong to another mesh; nothing was changed. */
public final class OtherMeshException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;
    private final String text;

    /** @param text what is there and what to do */
    public OtherMeshException(String text) {
        super(text);
        this.text = text;
    }

    /** What is there and what to do, for the operator. */
    public String text() {
        return text;
    }
}
