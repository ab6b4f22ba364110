package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.util.Collection;
import java.util.List;

/** What entries mean, and where they are kept: the side of a replica that the registry is. On the loop only. */
public interface Contents {
    /** Puts a vote on disk; {@link Replica#onVoteStored} tells that it is there. */
    void store(int slot, long term, PeerId candidate);

    /** Puts an entry on disk; {@link Replica#onEntryStored} tells that it is there. */
    void store(int slot, Entry entry);

    /**
     * Puts on disk whether this node counts in the slot, before whatever is stored from here on; {@link
     * Replica#onVotelessStored} tells that it is there.
     *
     * @param until up to which entry it does not, zero if it does
     */
    void storeVoteless(int slot, Position at, long until);

    /** The first entry of a term. */
    Entry newStart(int slot, Position at, Position parent, HomeSet homes);

    /** An entry that changes the home set. */
    Entry newHomes(int slot, Position at, HomeSet homes);

    /** What a peer sent, understood. */
    Entry decode(Position at, byte[] payload) throws RegistryException;

    /** The entry is at the end of the log now, not yet committed. */
    void onAppended(int slot, Entry entry);

    /** Entries after {@code sequence} are no part of the log any more. */
    void onTruncated(int slot, long sequence);

    /** The entries, in order, are committed. */
    void onCommitted(int slot, List<Entry> entries);

    /**
     * Whether this node may help to begin a slot of which it has nothing.
     *
     * @param founders who is to decide on it
     */
    default boolean mayFound(int slot, Collection<PeerId> founders) {
        return hasVoice();
    }

    /** Whether these are who decides on the first entry of a slot, as far as this node knows now. */
    default boolean areFounders(int slot, HomeSet homes) {
        return true;
    }

    /** Whether this node knows of every slot that there was when it came. */
    default boolean hasVoice() {
        return true;
    }

    /** The highest version that this node has seen. */
    default long latestVersion() {
        return 0;
    }

    /** All entries that this node makes from now on have versions above that. */
    default void observeVersion(long version) {
        // Who counts otherwise has none.
    }

    /** Whether the peer is declared lost for good: the others decide without it. */
    default boolean isRemoved(PeerId peer) {
        return false;
    }

    /** Role, term or primary of the replica may have changed. */
    void onRole(int slot);

    /** The whole committed state of the slot, in parts. */
    SnapshotSource snapshot(int slot);

    /**
     * A part of the state of a slot has come; of the last one {@link Replica#onSnapshotStored} tells that
     * all is on disk.
     */
    void onSnapshot(PeerId from, RegistryMessage.SnapshotPart part);
}
