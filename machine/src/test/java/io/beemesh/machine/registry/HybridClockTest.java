package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HybridClockTest {
    private final WallClock wall = new WallClock();
    private final HybridClock clock = new HybridClock(wall, SimulatedRegistry.peer(1));

    @Test
    void next_frozenOrBackwardClock_rises() {
        long last = clock.next();
        assertThat(last).isPositive();
        for (int i = 0; i < 5_000; i++) {
            wall.now = wall.now.minusMillis(i % 3);
            long next = clock.next();
            assertThat(next).isGreaterThan(last);
            last = next;
        }
    }

    @Test
    void observe_versionOfAnother_nextIsAbove() {
        wall.now = wall.now.plusSeconds(3_600);
        long ahead = new HybridClock(wall, SimulatedRegistry.peer(2)).next();
        wall.now = wall.now.minusSeconds(3_600);
        clock.observe(ahead);
        assertThat(clock.next()).isGreaterThan(ahead);
        clock.observe(1);
        assertThat(clock.next()).isGreaterThan(ahead);
    }

    @Test
    void isBeyond_moreThanASecondAhead_only() {
        long now = clock.next();
        assertThat(clock.isBeyond(now + (900L << 22))).isFalse();
        assertThat(clock.isBeyond(now + (1_100L << 22))).isTrue();
        clock.observe(now + (5_000L << 22));
        assertThat(clock.isBeyond(now + (1_100L << 22))).isFalse();
    }

    @Test
    void next_farFuture_fitsInto63Bits() {
        wall.now = Instant.parse("2090-01-01T00:00:00Z");
        assertThat(clock.next()).isPositive();
    }

    /** Only its wall clock is asked. */
    private static final class WallClock implements Loop {
        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public Instant wallTime() {
            return now;
        }

        @Override
        public void execute(Runnable task) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long nanoTime() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isInside() {
            throw new UnsupportedOperationException();
        }
    }
}
