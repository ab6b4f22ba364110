package io.beemesh.sidecar.stateful;

import java.io.Serial;

/** Nobody leads the group within reach, or its majority did not answer in time. */
public final class UnavailableException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;
    private final boolean isUnknown;

    public UnavailableException(String why, boolean isUnknown) {
        super(why);
        this.isUnknown = isUnknown;
    }

    /** True if the operation may have been done, or may still be. */
    public boolean isUnknown() {
        return isUnknown;
    }
}
