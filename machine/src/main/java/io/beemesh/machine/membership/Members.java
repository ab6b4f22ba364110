package io.beemesh.machine.membership;

import io.beemesh.libp2p.peer.PeerId;
import java.util.List;

/**
 * Who is in the mesh, as this node sees it. Only admitted machines whose certificate holds are named
 * here, so that whoever reads it need not check again. On the loop only.
 */
public interface Members {
    /** Up to this many members, each holds a replica of every slot. */
    int SMALL_MESH_MAX = 64;

    /** This node's own id. */
    PeerId self();

    /**
     * Every admitted machine, this one and those out of reach included, in the order of their ids, while
     * there are at most {@link #SMALL_MESH_MAX}; empty in a larger mesh, where nobody has such a list.
     */
    List<PeerId> everyone();

    /**
     * The members closest to {@code key} by XOR distance, closest first: alive as far as known, and up for
     * long enough to hold slots; this node among them if it is.
     *
     * @param key 32 bytes, such as the hash of a slot's name
     */
    List<PeerId> closest(byte[] key, int count);

    /** Whether the peer is admitted and not removed; says nothing of its being alive. */
    boolean isMember(PeerId peer);

    /** Whether the peer was a member and is declared lost for good, so that it will never be back as it was. */
    default boolean isRemoved(PeerId peer) {
        return false;
    }

    /** Whether the peer is a member that is not suspected to be dead. */
    boolean isAlive(PeerId peer);

    /**
     * Whether this node was admitted in this life of its process, so that it cannot have held or promised
     * anything before. A member of old that comes with an empty disk has lost what it had, and does not count
     * as a home until it was taken in anew.
     */
    boolean isNew();

    /**
     * Whether this node was admitted by others and has not {@link #joined} since, be it in a former life of its
     * process: there may be much of which it has not heard.
     */
    default boolean isJoining() {
        return false;
    }

    /** This node has on its disk what the others had when it came; that is kept. */
    default void joined() {
        // Whoever is alone has all.
    }

    /** Calls {@code listener} on the loop after any answer of the methods above may have changed. */
    void onChange(Runnable listener);
}
