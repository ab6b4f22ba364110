package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PublicKey;

/**
 * The name of a mesh: the id of its root key, which is in the name itself, so whoever knows the name can
 * verify what the mesh signs.
 */
public record MeshId(PeerId root) {
    public MeshId {
        if (root.inlineKey().isEmpty()) {
            throw new IllegalArgumentException("a mesh id holds its key: " + root);
        }
    }

    /** Parses the text form; a {@link FormatException} if the key is not in it. */
    public static MeshId parse(String text) throws FormatException {
        return of(PeerId.parse(text));
    }

    static MeshId of(PeerId root) throws FormatException {
        if (root.inlineKey().isEmpty()) {
            throw new FormatException("not a mesh id, it holds no key: " + root);
        }
        return new MeshId(root);
    }

    /** True if {@code key} is the root key's public half. */
    boolean isKey(PublicKey key) {
        return PeerId.of(key).equals(root);
    }

    /** Base58, as of a peer id. */
    @Override
    public String toString() {
        return root.toString();
    }
}
