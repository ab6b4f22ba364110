package io.beemesh.libp2p.quic;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.quic.LateEnds.PathState;
import io.beemesh.libp2p.simulation.Simulation;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** When an end without bytes may leave. */
final class LateEndsTest {
    private static final long WINDOW = 13_500;

    private final Simulation simulation = new Simulation(1);
    private long packets = 7;
    private long received = 7;
    private long underWay = 3_000;
    private boolean gone;
    private long held;
    private boolean ended;
    private int resumed;
    private final LateEnds ends = new LateEnds(simulation.newLoop(),
            () -> gone
                    ? Optional.empty()
                    : Optional.of(new PathState(packets, received, Duration.ofMillis(2), WINDOW)),
            () -> resumed++);
    private final LateEnds.Sender sender = sender(() -> ended = true,
            () -> WINDOW - held - underWay);

    private static LateEnds.Sender sender(Runnable end, LongSupplier capacity) {
        return new LateEnds.Sender() {
            @Override
            public void end() {
                end.run();
            }

            @Override
            public long capacity() {
                return capacity.getAsLong();
            }
        };
    }

    /** Packets go both ways, one each every 10 ms. */
    private void pass(int count, Runnable each) {
        for (int i = 0; i < count; i++) {
            packets++;
            received++;
            each.run();
            simulation.run(Duration.ofMillis(10));
        }
    }

    private void add() {
        ends.add(sender);
    }

    @Test
    void bytesUnderWay_aSilentConnection_theEndWaitsForThem() {
        add();
        // The probe is late: much later than three round trips.
        simulation.run(Duration.ofMillis(250));
        assertThat(ended).isFalse();
        underWay = 0;
        simulation.run(Duration.ofMillis(100));
        assertThat(ended).isTrue();
        assertThat(ends.isHolding()).isFalse();
    }

    @Test
    void anotherStreamWhoseBytesCameLongAgo_saysNothingOfThese() {
        boolean[] otherEnded = {false};
        ends.add(sender(() -> otherEnded[0] = true, () -> WINDOW));
        add();
        simulation.run(Duration.ofMillis(40));
        assertThat(otherEnded[0]).isTrue();
        assertThat(ended).isFalse();
    }

    @Test
    void bytesDeclaredLost_areRepeated_theEndWaitsForThem() {
        add();
        simulation.run(Duration.ofMillis(10));
        underWay = 0;
        packets++;
        simulation.run(Duration.ofMillis(30));
        assertThat(ended).isFalse();
        underWay = 3_000;
        simulation.run(Duration.ofMillis(100));
        assertThat(ended).isFalse();
    }

    @Test
    void aBusyConnection_isHeldBack_untilNothingIsUnderWay() {
        add();
        pass(60, () -> {
        });
        assertThat(ends.isHolding()).isTrue();
        assertThat(ended).isFalse();
        underWay = 0;
        simulation.run(Duration.ofMillis(300));
        assertThat(ended).isTrue();
        assertThat(ends.isHolding()).isFalse();
        assertThat(resumed).isOne();
    }

    @Test
    void othersThatEndMeanwhile_doNotMakeStreamsWaitOn() {
        add();
        pass(60, () -> {
        });
        assertThat(ends.isHolding()).isTrue();
        underWay = 0;
        // One more every 100 ms, which has bytes under way.
        for (int i = 0; i < 10; i++) {
            ends.add(sender(() -> {
            }, () -> 0));
            pass(10, () -> {
            });
        }
        assertThat(ended).isTrue();
        assertThat(resumed).isPositive();
    }

    @Test
    void aReaderWhoseWindowIsSmall_longSilence_ends() {
        held = 5_000;
        underWay = 0;
        add();
        simulation.run(Duration.ofMillis(250));
        assertThat(ended).isFalse();
        simulation.run(Duration.ofMillis(150));
        assertThat(ended).isTrue();
    }

    @Test
    void moreThanTheWindow_whileTheOtherSideSends_endsWhenNothingChanges() {
        held = -2_000;
        underWay = 3_000;
        add();
        pass(60, () -> underWay -= underWay > 0 ? 50 : 0);
        assertThat(ended).isFalse();
        pass(60, () -> {
        });
        assertThat(ended).isTrue();
    }

    @Test
    void aConnectionThatIsGone_endsAtOnce() {
        add();
        gone = true;
        simulation.run(Duration.ofMillis(40));
        assertThat(ended).isTrue();
    }

    @Test
    void bytesThatAreNeverAcknowledged_theEndWaitsNoLongerThanItsLimit() {
        add();
        pass(1_900, () -> underWay = 1_000 + packets % 7);
        assertThat(ended).isFalse();
        pass(200, () -> underWay = 1_000 + packets % 7);
        assertThat(ended).isTrue();
    }
}
