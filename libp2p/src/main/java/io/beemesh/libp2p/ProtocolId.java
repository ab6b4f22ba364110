package io.beemesh.libp2p;

/**
 * The name of a stream protocol, such as {@code /ipfs/ping/1.0.0}.
 *
 * @param name starts with a slash, at most 140 characters
 */
public record ProtocolId(String name) {
    public ProtocolId {
        if (!name.startsWith("/") || name.length() > 140 || name.indexOf('\n') >= 0) {
            throw new IllegalArgumentException(
                    "protocol id must start with '/' and have at most 140 characters: " + name);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
