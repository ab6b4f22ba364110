package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.HomeSet;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where a node's part of the registry outlives the process: a log to which batches are appended and
 * forced, and checkpoints that take over what old log says.
 *
 * <p>The registry calls it on the loop, where its callbacks come too. It has at most one append and one
 * checkpoint under way at a time; both may be under way at once.
 */
public interface Storage {
    /** What was on disk when this storage was opened; read once, before anything is written. */
    Recovered recovered();

    /**
     * Writes {@code batch} to the end of the log and forces it to the disk. After a crash either the whole
     * batch is there or nothing of it.
     */
    void append(List<LogRecord> batch, Consumer<Outcome> onDisk);

    /**
     * Writes current states of objects, and lets go of the log that {@code checkpoint} covers. After a
     * crash it may be there in part; the log is then still there.
     */
    void checkpoint(Checkpoint checkpoint, Consumer<Outcome> onDisk);

    /** Ends after what is under way, and notes that nothing is missing. May block. */
    void close() throws IOException;

    /** How a write ended. */
    sealed interface Outcome {
        /** On disk, forced. */
        record Stored() implements Outcome {}

        /** No room; nothing was written, and a later write may work. */
        record Full(String reason) implements Outcome {}

        /** Broken: what was written is unknown, and nothing can be written any more. */
        record Failed(String reason) implements Outcome {}
    }

    /** One line of the log. */
    sealed interface LogRecord {
        int slot();

        long term();

        /** This node's vote in a term; it gives no other. */
        record Vote(int slot, long term, PeerId candidate) implements LogRecord {}

        /**
         * An entry of a slot's log. One with a sequence that the log has already replaces that entry and
         * all after it.
         */
        record Entry(int slot, long term, long sequence, byte[] payload) implements LogRecord {}

        /**
         * A part of the whole state of a slot as it was at an entry, which replaces all that the log and the
         * checkpoints say of the slot once the last part is there.
         *
         * @param index from zero
         * @param last whether the payload is the slot's {@link SlotMark}, after all objects
         */
        record Snapshot(int slot, long term, long sequence, int index, boolean last,
                byte[] payload) implements LogRecord {}

        /**
         * Whether this node has lost what it had of a slot and may not count in it, from here on.
         *
         * @param sequence of the last entry that is committed, in {@code term}
         * @param until the entry that it has to have, and be no home any more, before it counts again; zero if
         *     it counts
         */
        record Voteless(int slot, long term, long sequence, long until)
                implements
                    LogRecord {}

        /**
         * A line of this node's fork of a slot: what it changed while it could reach no majority of the
         * homes.
         *
         * @param sequence counts the changes of the fork, this line's first one
         */
        record Fork(int slot, long sequence, byte[] payload) implements LogRecord {
            @Override
            public long term() {
                return 0;
            }
        }
    }

    /**
     * The state of a slot up to a position of its log.
     *
     * @param sequence of the last entry that the checkpoint includes
     * @param entryTerm the term of that entry
     * @param version above or at all versions of the slot up to there
     * @param vote the last vote given
     * @param homes who holds the slot, as of that entry
     * @param votelessUntil as in {@link LogRecord.Voteless}
     * @param forked of this node's fork of the slot, the last line that the checkpoint includes
     * @param settled up to where the forks of nodes are part of the slot's log
     * @param termEnds the last entry of each of the latest terms that ended
     */
    record SlotMark(int slot, long sequence, long entryTerm, long version, LogRecord.Vote vote,
            HomeSet homes, long votelessUntil, long forked, Map<PeerId, Settled> settled,
            Map<Long, Long> termEnds) {
        public SlotMark {
            settled = Map.copyOf(settled);
            termEnds = Map.copyOf(termEnds);
        }

        /** The mark of a slot without forks in which this node counts if it is a home. */
        public SlotMark(int slot, long sequence, long entryTerm, long version,
                LogRecord.Vote vote, HomeSet homes) {
            this(slot, sequence, entryTerm, version, vote, homes, 0, 0, Map.of(), Map.of());
        }
    }

    /**
     * How much of a node's fork is part of the slot's log.
     *
     * @param upTo the last change of it
     * @param offer as in the log entry that took it in
     * @param more whether there is more, as that entry says
     */
    record Settled(long upTo, long offer, boolean more) {
        static final Settled NOTHING = new Settled(0, 0, false);

        static Settled of(Settle settle) {
            return new Settled(settle.upTo(), settle.offer(), settle.more());
        }
    }

    /** The state of one object, or that it is gone. */
    record StateWrite(ObjectKey key, Optional<StoredObject> state) {}

    /** States of all objects that changed since the last checkpoint, and the positions reached. */
    record Checkpoint(List<SlotMark> marks, List<StateWrite> states) {
        public Checkpoint {
            marks = List.copyOf(marks);
            states = List.copyOf(states);
        }
    }

    /**
     * What a storage holds when it is opened.
     *
     * @param storageId made when the storage was; another one means that all former content is gone
     * @param replaces whether its node had been a member before it was made: another storage, now lost, may
     *     have held more. True for as long as it lives
     * @param loss what may have been lost if the storage was not closed in order, as a sentence; empty if
     *     nothing is missing
     * @param objects states from checkpoints, in no order
     * @param log what was appended since, in order; may begin with entries that the marks include
     */
    record Recovered(String storageId, boolean replaces, Optional<String> loss,
            List<SlotMark> marks,
            Iterable<StoredObject> objects, List<LogRecord> log) {}
}
