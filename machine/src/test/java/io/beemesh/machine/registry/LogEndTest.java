package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Pin.Base;
import io.beemesh.machine.registry.Pin.State;
import io.beemesh.machine.registry.replica.HomeSet;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.protocol.registry.Position;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of the end of a log that one side showed, by what the log says once there is one again. */
class LogEndTest {
    private static final ObjectKey KEY = TestObjects.configMap("default", "a");

    private final ObjectMerge merge = new ObjectMerge(new Simulation(1).newLoop(),
            PrivateKey.fromSeed(new byte[32]).peerId(), Rules.all());

    private static State state(String value, long version) {
        return State.of(Optional.of(TestObjects.draft(KEY, value).at(version)));
    }

    private static Pin pin(State before, State end, List<Long> earlier) {
        State shown = State.of(Optional.of(Draft
                .of(KEY, end.object().orElseThrow().object()).at(end.version() + 1)));
        return new Pin(KEY, 1, new Base(end, Optional.of(new Position(2, 20)), before, earlier),
                shown, before, true);
    }

    private Optional<Mutation> merged(Pin pin) {
        return merge.merge(pin).mutation();
    }

    private String value(Pin pin) {
        Mutation.Update update = (Mutation.Update) merged(pin).orElseThrow();
        return TestObjects.value(update.draft().at(99));
    }

    @Test
    void madeAtTheEnd_andNeverInTheLog_isMade() {
        assertThat(merged(pin(State.ABSENT, state("made", 5), List.of())))
                .containsInstanceOf(Mutation.Create.class);
    }

    @Test
    void changedAtTheEnd_andNeverInTheLog_isChanged() {
        Pin pin = pin(state("one", 3), state("two", 5), List.of());
        assertThat(value(pin)).isEqualTo("two");
    }

    @Test
    void madeUnderAnotherVersion_andDeletedSince_staysDeleted() {
        Pin pin = pin(State.ABSENT, state("made", 5), List.of());
        pin.trunk(state("made", 9));
        pin.trunk(new State(Optional.empty(), 10));
        assertThat(merged(pin)).containsInstanceOf(Mutation.Gone.class);
    }

    @Test
    void changedUnderAnotherVersion_andSetBackSince_staysSetBack() {
        Pin pin = pin(state("one", 3), state("two", 5), List.of());
        pin.trunk(state("two", 9));
        pin.trunk(state("one", 11));
        assertThat(value(pin)).isEqualTo("one");
    }

    @Test
    void theFirstOfTwoIsInTheLog_theSecondIsMerged() {
        Pin pin = pin(State.ABSENT, state("two", 7), List.of(5L));
        pin.trunk(state("one", 5));
        assertThat(value(pin)).isEqualTo("two");
    }

    @Test
    void theFirstOfTwoIsInTheLog_andDeletedSince_staysDeleted() {
        Pin pin = pin(State.ABSENT, state("two", 7), List.of(5L));
        pin.trunk(state("one", 5));
        pin.trunk(new State(Optional.empty(), 10));
        assertThat(merged(pin)).containsInstanceOf(Mutation.Gone.class);
    }

    private static TermEnds ends(long... pairs) {
        TermEnds ends = new TermEnds();
        for (int i = 0; i < pairs.length; i += 2) {
            ends.began(new LogEntry.TermStart(pairs[i], pairs[i + 1],
                    new HomeSet(List.of(PrivateKey.fromSeed(new byte[32]).peerId())), 0));
        }
        return ends;
    }

    @Test
    void notEachEntryIsSeen_theTermsSayThatItWasGivenUp() {
        Pin pin = pin(State.ABSENT, state("made", 5), List.of());
        pin.jump(ends(1, 9, 2, 19), new Position(3, 400));
        assertThat(merged(pin)).containsInstanceOf(Mutation.Create.class);
    }

    @Test
    void notEachEntryIsSeen_theTermsSayThatItWasThere() {
        Pin pin = pin(State.ABSENT, state("made", 5), List.of());
        pin.jump(ends(1, 9, 2, 20), new Position(3, 400));
        assertThat(merged(pin)).containsInstanceOf(Mutation.Gone.class);
    }

    @Test
    void notEachEntryIsSeen_theTermHasNoEntries() {
        Pin pin = pin(State.ABSENT, state("made", 5), List.of());
        pin.jump(ends(1, 9), new Position(3, 400));
        assertThat(merged(pin)).containsInstanceOf(Mutation.Create.class);
    }

    @Test
    void notEachEntryIsSeen_andTheTermsAreTooLongAgo() {
        Pin pin = pin(State.ABSENT, state("made", 5), List.of());
        pin.jump(ends(7, 9), new Position(8, 400));
        assertThat(merged(pin)).containsInstanceOf(Mutation.Gone.class);
    }

    @Test
    void onDisk_nothingIsForgotten() throws IOException {
        Pin pin = pin(state("one", 3), state("three", 7), List.of(5L));
        Pin again = Pin.of(pin.toStored(), new RecordCodec());
        assertThat(again.base().earlier()).containsExactly(5L);
        assertThat(again.base().before().version()).isEqualTo(3);
        assertThat(again.base().open()).contains(new Position(2, 20));
        assertThat(again.changed()).isEqualTo(pin.changed());
    }

    /** As it was written before: state, false, and nothing of what was before. */
    @Test
    void anOlderBaseIsRead() throws IOException {
        State end = state("made", 5);
        byte[] bytes = RecordCodec.bytes(out -> {
            Pin.write(end, out);
            out.writeBoolNoTag(false);
            Pin.write(end, out);
        });
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        Base base = Pin.readBase(in, new RecordCodec());
        assertThat(base.isCommitted()).isFalse();
        assertThat(base.state().version()).isEqualTo(5);
        assertThat(Pin.readState(in, new RecordCodec()).version()).isEqualTo(5);
    }
}
