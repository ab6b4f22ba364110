package io.beemesh.machine.registry;

import java.io.Serial;

/** A list or watch asked for a version whose history is no longer kept. */
public final class VersionExpiredException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;
    private final long oldest;

    /** @param oldest the oldest version from which history is complete */
    public VersionExpiredException(long version, long oldest) {
        super("too old resource version: " + version + " (" + oldest + ")");
        this.oldest = oldest;
    }

    public long oldest() {
        return oldest;
    }
}
