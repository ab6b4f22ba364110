package io.beemesh.machine.registry.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaTest {
    private static final PeerId SELF = SimulatedRegistry.peer(1);
    private static final PeerId OTHER = SimulatedRegistry.peer(2);
    private static final PeerId THIRD = SimulatedRegistry.peer(3);
    private static final HomeSet ALONE = new HomeSet(List.of(SELF));
    private static final HomeSet THREE = new HomeSet(List.of(SELF, OTHER, THIRD));

    private final Recorder effects = new Recorder();

    private Replica replica(HomeSet homes) {
        return new Replica(7, SELF, homes, false, effects, ReplicaConfig.defaults(),
                Rules.all());
    }

    private static Entry entry(long term, long sequence) {
        return new Entry(new Position(term, sequence), new Recorder.Data(), new byte[0]);
    }

    @Test
    void campaign_alone_primaryOnceItsVoteIsOnDisk() {
        Replica replica = replica(ALONE);
        replica.campaign();
        assertThat(replica.role()).isEqualTo(Role.CANDIDATE);
        replica.onVoteStored(1, SELF);
        assertThat(replica.role()).isEqualTo(Role.PRIMARY);
        assertThat(effects.committed).isEmpty();
        replica.onEntryStored(new Position(1, 1));
        assertThat(effects.committed).containsExactly(new Position(1, 1));
    }

    @Test
    void restoredEntries_committedOnlyByTheNextTerm() throws RegistryException {
        Replica replica = replica(ALONE);
        replica.restore(new Position(2, 4), ALONE);
        replica.restoreVote(2, SELF);
        replica.restoreEntry(entry(2, 4));
        replica.restoreEntry(entry(2, 5));
        replica.campaign();
        replica.onVoteStored(3, SELF);
        assertThat(effects.committed).as("the vote commits nothing").isEmpty();
        replica.onEntryStored(new Position(3, 6));
        assertThat(effects.committed).containsExactly(new Position(2, 5), new Position(3, 6));
    }

    @Test
    void restore_gap_refused() throws RegistryException {
        Replica replica = replica(ALONE);
        replica.restoreEntry(entry(1, 1));
        assertThatThrownBy(() -> replica.restoreEntry(entry(1, 3)))
                .isInstanceOf(RegistryException.class).hasMessageContaining("from entry 1 to");
    }

    @Test
    void restore_laterRecordOfAPlace_voidsWhatWasThereAndBehind() throws RegistryException {
        Replica replica = replica(THREE);
        replica.restoreEntry(entry(1, 1));
        replica.restoreEntry(entry(3, 2));
        replica.restoreEntry(entry(3, 3));
        replica.restoreEntry(entry(2, 2));
        assertThat(replica.last()).isEqualTo(new Position(2, 2));
    }

    @Test
    void voteRequest_grantedOncePerTerm_andOnlyFromDisk() throws RegistryException {
        Replica replica = replica(THREE);
        replica.onMessage(OTHER, request(5, Position.NONE));
        assertThat(effects.granted()).as("not before it is on disk").isEmpty();
        replica.onVoteStored(5, OTHER);
        assertThat(effects.granted()).containsExactly(OTHER);
        replica.onMessage(THIRD, request(5, Position.NONE));
        replica.onVoteStored(5, THIRD);
        assertThat(effects.granted()).containsExactly(OTHER);
    }

    @Test
    void voteRequest_ofWhoLacksEntries_orWhileAPrimaryIsHeard_refused()
            throws RegistryException {
        Replica replica = replica(THREE);
        replica.restoreEntry(entry(1, 1));
        replica.onMessage(OTHER, request(5, new Position(1, 1)));
        assertThat(replica.term()).as("loyal after a start").isEqualTo(1);
        effects.nanos += ReplicaConfig.defaults().suspicion().toNanos();
        replica.onMessage(OTHER, request(5, Position.NONE));
        replica.onVoteStored(5, OTHER);
        assertThat(effects.granted()).isEmpty();
        replica.onMessage(OTHER, request(6, new Position(1, 1)));
        replica.onVoteStored(6, OTHER);
        assertThat(effects.granted()).containsExactly(OTHER);
    }

    @Test
    void lease_withoutAnswersOfAMajority_ends() throws RegistryException {
        Replica replica = replica(THREE);
        replica.campaign();
        replica.onVoteStored(1, SELF);
        replica.onMessage(OTHER, new RegistryMessage.VoteReply(7, 0, 1, true, false, 0));
        assertThat(replica.role()).isEqualTo(Role.PRIMARY);
        assertThat(replica.hasLease()).isFalse();
        replica.onBeatAnswered(OTHER, 1, effects.nanos);
        assertThat(replica.hasLease()).isTrue();
        effects.nanos += ReplicaConfig.defaults().lease().toNanos();
        assertThat(replica.hasLease()).isFalse();
    }

    /** A peer could end the task that read its answer, and lose what else came with it. */
    @Test
    void refusal_thatNamesAnEntryBeyondTheLog_isAnsweredFromItsEnd() throws RegistryException {
        Replica replica = replica(THREE);
        replica.campaign();
        replica.onVoteStored(1, SELF);
        replica.onMessage(OTHER, new RegistryMessage.VoteReply(7, 0, 1, true, false, 0));
        replica.onMessage(OTHER, new RegistryMessage.AppendReply(7, 0, 1, false, Long.MAX_VALUE,
                0, effects.nanos, false));
        assertThat(effects.sent.getLast()).isInstanceOfSatisfying(RegistryMessage.Append.class,
                append -> assertThat(append.previous()).isEqualTo(replica.last()));
    }

    /** A disk that takes no more would leave a hole behind it. */
    @Test
    void append_ofWhatOthersHaveCommitted_committedOnceItIsOnDisk() throws RegistryException {
        Replica replica = replica(THREE);
        replica.onMessage(OTHER, append(1, Position.NONE, 2, 2));
        assertThat(effects.committed).isEmpty();
        replica.onEntryStored(new Position(1, 1));
        assertThat(effects.committed).containsExactly(new Position(1, 1));
        replica.abandon();
        assertThat(replica.last()).isEqualTo(new Position(1, 1));
        replica.onMessage(OTHER, append(1, new Position(1, 1), 2, 3));
        replica.onEntryStored(new Position(1, 3));
        assertThat(replica.durable()).as("not beyond an entry that is missing").isEqualTo(1);
        replica.onEntryStored(new Position(1, 2));
        replica.onEntryStored(new Position(1, 3));
        assertThat(replica.committed()).isEqualTo(new Position(1, 3));
    }

    /** Found in a review: its entries of before count as new ones then, though they are to be replaced. */
    @Test
    void newTermOfTheSamePrimary_acknowledgesNothingOfBefore() throws RegistryException {
        Replica replica = replica(THREE);
        replica.onMessage(OTHER, append(1, Position.NONE, 2, 0));
        replica.onBeat(OTHER, 3);
        replica.onEntryStored(new Position(1, 1));
        replica.onEntryStored(new Position(1, 2));
        replica.flush();
        assertThat(effects.sent.getLast()).isInstanceOfSatisfying(
                RegistryMessage.AppendReply.class, reply -> assertThat(reply.match()).isZero());
    }

    @Test
    void handOver_unanswered_isOverWithItsTerm() throws RegistryException {
        Replica replica = replica(THREE);
        replica.campaign();
        replica.onVoteStored(1, SELF);
        replica.onMessage(OTHER, new RegistryMessage.VoteReply(7, 0, 1, true, false, 0));
        replica.onBeatAnswered(OTHER, 1, effects.nanos);
        replica.handOver(THIRD);
        effects.nanos += ReplicaConfig.defaults().lease().toNanos() + 1;
        replica.onBeatAnswered(OTHER, 1, effects.nanos);
        replica.tick();
        assertThat(replica.hasLease()).as("in the term of the word that may still come").isFalse();
        assertThat(replica.term()).isEqualTo(2);
    }

    private static RegistryMessage.Append append(long term, Position previous, int count,
            long committed) {
        List<RegistryMessage.Line> lines = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            lines.add(new RegistryMessage.Line(term, previous.sequence() + i, new byte[0]));
        }
        return new RegistryMessage.Append(7, 0, term, previous, committed, 1, lines);
    }

    private static RegistryMessage.VoteRequest request(long term, Position last) {
        return new RegistryMessage.VoteRequest(7, 0, term, last, false, false, List.of());
    }

    /** Takes note of effects. */
    private static final class Recorder implements Effects {
        private final List<Position> committed = new ArrayList<>();
        private final List<RegistryMessage> sent = new ArrayList<>();
        private final List<PeerId> receivers = new ArrayList<>();
        private long nanos = 1_000_000_000_000L;

        record Data() implements Entry.Content {}

        record Homes(HomeSet homes, boolean isChange) implements Entry.Configuring {}

        List<PeerId> granted() {
            List<PeerId> granted = new ArrayList<>();
            for (int i = 0; i < sent.size(); i++) {
                if (sent.get(i) instanceof RegistryMessage.VoteReply reply && reply.granted()) {
                    granted.add(receivers.get(i));
                }
            }
            return granted;
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public long randomNanos(long bound) {
            return 0;
        }

        @Override
        public void send(PeerId to, RegistryMessage message) {
            sent.add(message);
            receivers.add(to);
        }

        @Override
        public void renew(PeerId peer) {}

        @Override
        public void onUnsent(int slot) {}

        @Override
        public void store(int slot, long term, PeerId candidate) {}

        @Override
        public void store(int slot, Entry entry) {}

        @Override
        public void storeVoteless(int slot, Position at, long until) {}

        @Override
        public Entry newStart(int slot, Position at, Position parent, HomeSet homes) {
            return new Entry(at, new Homes(homes, false), new byte[0]);
        }

        @Override
        public Entry newHomes(int slot, Position at, HomeSet homes) {
            return new Entry(at, new Homes(homes, true), new byte[0]);
        }

        @Override
        public Entry decode(Position at, byte[] payload) {
            return new Entry(at, new Data(), payload);
        }

        @Override
        public void onAppended(int slot, Entry entry) {}

        @Override
        public void onTruncated(int slot, long sequence) {}

        @Override
        public void onCommitted(int slot, List<Entry> entries) {
            entries.forEach(e -> committed.add(e.position()));
        }

        @Override
        public void onRole(int slot) {}

        @Override
        public SnapshotSource snapshot(int slot) {
            throw new AssertionError("nobody is behind");
        }

        @Override
        public void onSnapshot(PeerId from, RegistryMessage.SnapshotPart part) {}
    }
}
