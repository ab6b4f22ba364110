package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SuspendClockTest {
    private long nanos = 5_000_000_000L;
    private long wall = 1_700_000_000_000L;
    private final SuspendClock clock = new SuspendClock(() -> nanos, () -> wall);

    private void pass(Duration time) {
        nanos += time.toNanos();
        wall += time.toMillis();
    }

    @Test
    void nanoTime_ofAMachineThatSlept_countsTheSleep() {
        long begin = clock.nanoTime();
        pass(Duration.ofSeconds(1));
        assertThat(clock.nanoTime() - begin).isEqualTo(Duration.ofSeconds(1).toNanos());
        wall += Duration.ofHours(1).toMillis();
        assertThat(clock.nanoTime() - begin).isEqualTo(Duration.ofSeconds(3601).toNanos());
        pass(Duration.ofSeconds(1));
        assertThat(clock.nanoTime() - begin).isEqualTo(Duration.ofSeconds(3602).toNanos());
    }

    @Test
    void nanoTime_whoseWallClockIsSetBack_neverGoesBack() {
        long begin = clock.nanoTime();
        wall -= Duration.ofHours(1).toMillis();
        pass(Duration.ofSeconds(1));
        assertThat(clock.nanoTime() - begin).isEqualTo(Duration.ofSeconds(1).toNanos());
        wall += Duration.ofMinutes(1).toMillis();
        assertThat(clock.nanoTime() - begin).isEqualTo(Duration.ofSeconds(61).toNanos());
    }
}
