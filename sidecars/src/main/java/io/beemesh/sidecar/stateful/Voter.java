package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;

/** A member of a group: the ordinal that it stands for, and the identity that its log belongs to. */
public record Voter(int ordinal, PeerId peer) {
    /** The name in the group's log. */
    public String id() {
        return ordinal + "." + peer;
    }

    /** Reads {@link #id}. */
    public static Voter parse(String id) throws FormatException {
        int dot = id.indexOf('.');
        try {
            return new Voter(Integer.parseInt(id.substring(0, Math.max(0, dot))),
                    PeerId.parse(id.substring(dot + 1)));
        } catch (NumberFormatException e) {
            throw new FormatException("\"" + id + "\" names no voter");
        }
    }
}
