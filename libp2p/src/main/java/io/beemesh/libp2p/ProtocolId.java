package io.beemesh.libp2p;

/**
 * The name of a stream protocol, such as {@code /ipfs/ping/1.0.0}.
 *
 * @param name starts with a slash, at most 140 characters
 */
public record ProtocolId(String name) {
    private static final int LENGTH_MAX = 140;

    public ProtocolId {
        if (!isValid(name)) {
            throw new IllegalArgumentException(
                    "protocol id must start with '/' and have at most " + LENGTH_MAX
                            + " characters: " + name);
        }
    }

    /** True if there may be a protocol of this name: to be asked before names from remote peers are used. */
    public static boolean isValid(String name) {
        return name.startsWith("/") && name.length() <= LENGTH_MAX && name.indexOf('\n') < 0;
    }

    // Written out: a record's own are linked by method handles, which costs the start of each
    // sidecar some milliseconds.
    @Override
    public boolean equals(Object other) {
        return other instanceof ProtocolId(String its) && its.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
