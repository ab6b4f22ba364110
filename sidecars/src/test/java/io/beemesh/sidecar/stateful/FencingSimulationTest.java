package io.beemesh.sidecar.stateful;

import static io.beemesh.sidecar.stateful.FencedSet.CLIENT;
import static io.beemesh.sidecar.stateful.FencedSet.HOLDER;
import static io.beemesh.sidecar.stateful.FencedSet.SUCCESSOR;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.protocol.sidecar.FenceTiming;
import java.time.Duration;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Bytes of a pod that was replaced never count behind those of its successor, whatever is paused or cut off. */
final class FencingSimulationTest {
    private static final int SEEDS = Integer.getInteger("beemesh.seeds", 100);
    private static final FenceTiming TIMING = FenceTiming.defaults();
    private static final Duration AT_REST = Duration.ofSeconds(10);

    private static FencedSet set() {
        return new FencedSet(1, TIMING, true);
    }

    @Test
    void allReachEachOther_bytesFlow_onceTheFirstHandOverHasPassed() {
        FencedSet set = set();
        set.simulation.run(TIMING.handOver().minusMillis(100));
        assertThat(set.passed).isEmpty();
        set.simulation.run(Duration.ofSeconds(2));
        long before = set.passedOf(HOLDER);
        set.simulation.run(Duration.ofSeconds(10));
        assertThat(set.passedOf(HOLDER) - before).isBetween(195L, 205L);
        assertThat(set.passedOf(SUCCESSOR)).isZero();
    }

    @Test
    void aHolderPausedBeyondItsLease_andNotReplaced_losesNoByte() {
        FencedSet set = set();
        set.simulation.run(AT_REST);
        long before = set.passedOf(HOLDER);
        set.loops.get(HOLDER).pause();
        set.simulation.run(Duration.ofSeconds(20));
        assertThat(set.passedOf(HOLDER) - before).isLessThan(5);
        set.loops.get(HOLDER).resume();
        set.simulation.run(Duration.ofSeconds(10));
        assertThat(set.passedOf(HOLDER) - before).isGreaterThan(190);
    }

    @Test
    void aHolderPausedBeyondItsLease_andReplaced_isNotHeardAgain_andItsStreamEnds() {
        FencedSet set = set();
        set.simulation.run(AT_REST);
        set.loops.get(HOLDER).pause();
        set.replace();
        set.simulation.run(AT_REST);
        assertThat(set.passedOf(SUCCESSOR)).isPositive();
        long before = set.passedOf(HOLDER);
        set.loops.get(HOLDER).resume();
        set.simulation.run(AT_REST);
        assertThat(set.passedOf(HOLDER)).isEqualTo(before);
        assertThat(set.clients.getFirst().isLost()).isTrue();
        assertThat(set.staleCounted()).isFalse();
    }

    @Test
    void aHolderOnTheMinoritySide_isNotHeardByTheClientThere_norReplacedByIt() {
        FencedSet set = set();
        set.simulation.run(AT_REST);
        set.away.add(HOLDER);
        set.away.add(CLIENT);
        set.simulation.run(TIMING.lease().plus(TIMING.fresh()));
        long before = set.passedOf(HOLDER);
        set.simulation.run(AT_REST);
        assertThat(set.passedOf(HOLDER)).isEqualTo(before);
        set.away.clear();
        set.simulation.run(Duration.ofSeconds(2));
        assertThat(set.passedOf(HOLDER)).isGreaterThan(before);
    }

    @Test
    void theMajorityIsPaused_andNothingIsReplaced_orHeard() {
        FencedSet set = set();
        set.simulation.run(AT_REST);
        set.loops.get(1).pause();
        set.away.add(HOLDER);
        set.replace();
        set.simulation.run(Duration.ofSeconds(30));
        assertThat(set.passedOf(SUCCESSOR)).isZero();
    }

    /** Pauses and cuts at random around the moment in which the holder is replaced, with clocks that run 1% apart. */
    private static FencedSet disturbed(long seed, FenceTiming timing, boolean challenges) {
        FencedSet set = new FencedSet(seed, timing, challenges);
        Random random = new Random(seed);
        set.simulation.run(AT_REST);
        set.replace();
        for (int i = 0; i < 8; i++) {
            int who = random.nextInt(CLIENT + 1);
            boolean cut = random.nextBoolean();
            if (cut) {
                set.away.add(who);
            } else {
                set.loops.get(who).pause();
            }
            set.simulation.run(Duration.ofMillis(random.nextInt(4000)));
            if (random.nextBoolean()) {
                set.loops.forEach(SimulatedLoop::resume);
            }
            set.away.remove(who);
        }
        set.loops.forEach(SimulatedLoop::resume);
        set.simulation.run(Duration.ofSeconds(15));
        return set;
    }

    @Test
    void whateverIsPausedOrCutOff_noStaleByteCounts_andTheSuccessorIsHeardInTheEnd() {
        LongStream.range(0, SEEDS).forEach(seed -> {
            FencedSet set = disturbed(seed, TIMING, true);
            assertThat(set.staleCounted()).as("seed " + seed).isFalse();
            assertThat(set.passedOf(SUCCESSOR)).as("seed " + seed).isPositive();
        });
    }

    @Test
    void withoutTheChallenge_staleBytesWouldCount() {
        assertThat(LongStream.range(0, SEEDS)
                .filter(seed -> disturbed(seed, TIMING, false).staleCounted()).count())
                .isPositive();
    }

    /** As long as the client takes the former pod's bytes for longer than its successor waits. */
    @Test
    void withASuccessorThatWaitsForTheLeaseAlone_staleBytesWouldCount() {
        FenceTiming hasty = new FenceTiming(TIMING.lease(), Duration.ofMillis(1), Duration.ZERO);
        assertThat(LongStream.range(0, SEEDS)
                .filter(seed -> disturbed(seed, hasty, true).staleCounted()).count())
                .isPositive();
    }
}
