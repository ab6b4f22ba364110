package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.GroupView;
import java.io.Serial;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The log that the members of a group keep alike. From any thread. */
public interface ReplicatedLog extends AutoCloseable {
    /**
     * What this member knows.
     *
     * @param isLeader true if it leads and its log is whole
     * @param leader whom it follows, or itself
     * @param voters as committed
     * @param end of the log, by which logs are compared
     */
    record Standing(boolean isRunning, boolean isLeader, Optional<Voter> leader, long term,
            Set<Voter> voters, End end) {}

    /** The last entry's term, 0 if there is none, and how many there were ever. */
    record End(long term, long entries) {
        public static final End EMPTY = new End(0, 0);
    }

    /**
     * Which voters there are, once that is committed and no change of them is under way: the latest in the log,
     * so that whoever knows it has not agreed to another.
     *
     * @param generation of the group
     * @param index of its entry, by which members know that they speak of the same
     */
    record Settled(long generation, long index, Set<Voter> voters) {
        boolean isVoter(PeerId peer) {
            return voters.stream().anyMatch(voter -> voter.peer().equals(peer));
        }
    }

    /** Who asks for an operation, and its number: one that is asked for again is done once. */
    record Ticket(byte[] client, long call) {}

    Standing standing();

    /** Empty while it is not known, or about to change. */
    Optional<Settled> settled();

    /**
     * As the leader: decides an operation, a read by asking a majority. Fails with {@link NotLeaderException}
     * if nothing was done here.
     */
    CompletableFuture<Answer> submit(Ticket ticket, Operation operation);

    /** As the leader: changes the voters, if they still are {@code from}. */
    CompletableFuture<Void> change(Set<Voter> from, Set<Voter> to);

    /** Answers what another member's log asked, see {@link PeerLink.Responder}. */
    CompletableFuture<byte[]> answer(PeerId peer, byte[] question);

    /** Ends it; returns once it is closed on disk. */
    @Override
    void close();

    /** Ends it without blocking. */
    CompletableFuture<Void> abandon();

    /** Opens the log on disk, or begins it. */
    interface Opener {
        /**
         * Opens the log of the view's generation. A founder that has none yet begins it alone, with what its log
         * of an earlier generation holds.
         */
        CompletableFuture<ReplicatedLog> open(GroupView view, Voter self);
    }

    /** Another member leads, or nobody. */
    final class NotLeaderException extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        public NotLeaderException() {
            super("not the leader");
        }
    }
}
