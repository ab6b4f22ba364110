package io.beemesh.protocol.registry;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.peer.PeerId;
import java.util.List;

/**
 * What nodes say to each other about slots. Every message stands alone on its stream, one direction a
 * stream; answers come on the stream of the other side. Any of them may be lost with its stream.
 *
 * <p>Terms, positions and the rules about them are those of Raft (Ongaro, 2014): votes and appends in
 * chapter 3, pre-vote in 9.6, hand-over in 3.10, one change of members at a time in 4.1. Times are the
 * sender's own monotonic nanoseconds, which come back to it unread.
 */
public sealed interface RegistryMessage {
    /** Its streams carry frames of {@code uvarint(length) ++ message}. */
    ProtocolId PROTOCOL = new ProtocolId("/beemesh/registry/1.0.0");

    /** The same messages where large ones must not hold up small ones. */
    ProtocolId BULK_PROTOCOL = new ProtocolId("/beemesh/registry-bulk/1.0.0");

    /** Bytes of one frame. */
    int FRAME_BYTES_MAX = 5 << 20;
    /** Slots that one message names. */
    int SLOTS_MAX = 1024;
    /** Peers that one message names. */
    int PEERS_MAX = 128;
    /** Entries of one append. */
    int ENTRIES_MAX = 4096;

    /** A message about one slot. */
    sealed interface OfSlot extends RegistryMessage {
        int slot();

        /** The fork of the log that it is about; zero is the first one's. */
        long branch();
    }

    /**
     * A home asks for a vote.
     *
     * @param last where the candidate's log ends
     * @param trial whether it only asks if it would get the vote
     * @param handover whether the primary asked it to
     * @param founders who is to decide on the slot, while it has no entry
     */
    record VoteRequest(int slot, long branch, long term, Position last, boolean trial,
            boolean handover, List<PeerId> founders) implements OfSlot {
        public VoteRequest {
            founders = List.copyOf(founders);
        }
    }

    /**
     * The answer; {@code term} is the voter's if it refuses because of a later one.
     *
     * @param clock the highest version that the voter has seen, with a vote
     */
    record VoteReply(int slot, long branch, long term, boolean granted, boolean trial, long clock)
            implements
                OfSlot {}

    /** One entry on its way. */
    record Line(long term, long sequence, byte[] payload) {}

    /** Entries that follow {@code previous}, and how far all is committed. */
    record Append(int slot, long branch, long term, Position previous, long committed, long sentAt,
            List<Line> lines) implements OfSlot {
        public Append {
            lines = List.copyOf(lines);
        }
    }

    /**
     * How far the log of a home or follower is.
     *
     * @param accepted whether {@code previous} was there; if not, {@code match} is where to try next
     * @param match up to where its log is that of the primary, and on disk
     * @param voteless whether it has lost what it had on disk, and does not count
     */
    record AppendReply(int slot, long branch, long term, boolean accepted, long match,
            long committed, long sentAt, boolean voteless) implements OfSlot {}

    /**
     * A part of a slot's whole state, for who is too far behind.
     *
     * @param position up to which entry it is
     * @param index of the part, from zero
     * @param head what replica and registry need beside the objects; in the last part only
     */
    record SnapshotPart(int slot, long branch, long term, Position position, int index,
            boolean last, byte[] head, byte[] payload, long sentAt) implements OfSlot {}

    /** Asks for the next part. */
    record SnapshotReply(int slot, long branch, long term, Position position, int next,
            long sentAt) implements OfSlot {}

    /** The primary gives its role away: the receiver is to ask for votes at once. */
    record Handover(int slot, long branch, long term) implements OfSlot {}

    /** A slot and the term in which it is led. */
    record SlotTerm(int slot, long branch, long term) {}

    /**
     * The sender is alive and still primary of all slots that it listed under {@code epoch}.
     *
     * @param listed whether {@code slots} is that list; else it is empty and the former list holds
     */
    record Beat(long epoch, long sentAt, boolean listed, List<SlotTerm> slots)
            implements
                RegistryMessage {
        public Beat {
            slots = List.copyOf(slots);
        }
    }

    /**
     * The answer to a {@link Beat}.
     *
     * @param known whether the list of that epoch is known; else it is to be sent
     * @param refused slots in which the sender of this follows another term
     */
    record BeatReply(long epoch, long sentAt, boolean known, List<SlotTerm> refused)
            implements
                RegistryMessage {
        public BeatReply {
            refused = List.copyOf(refused);
        }
    }

    /**
     * Asks for something that only the primary of a slot does.
     *
     * @param id unique at the sender; a repeated id gets the answer of the first
     * @param kind what the payload is
     * @param attempt how often this id was sent, where it is sent again; its answer names it
     */
    record Request(int slot, long id, int kind, int attempt, byte[] payload)
            implements
                RegistryMessage {}

    /** The answer to a {@link Request}. */
    record Response(int slot, long id, int kind, byte[] payload) implements RegistryMessage {}
}
