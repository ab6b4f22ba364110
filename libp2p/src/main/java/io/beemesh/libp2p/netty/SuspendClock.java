package io.beemesh.libp2p.netty;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Monotonic time that goes on while the machine sleeps, where {@link System#nanoTime} of Linux stands still: what
 * the wall clock ran ahead by between two looks is added. A wall clock that is set forward looks the same, and
 * ends waits early; set back it changes nothing. From any thread.
 */
final class SuspendClock {
    private static final long NOTICED_NANOS = Duration.ofMillis(500).toNanos();
    /** Between two looks at the monotonic clock, for the one at the wall clock to be of the same moment. */
    private static final long ONE_MOMENT_NANOS = Duration.ofMillis(50).toNanos();

    private final LongSupplier monotonicNanos;
    private final LongSupplier wallMillis;
    /** Of the wall clock to the monotonic one. */
    private volatile long distanceNanos;
    private volatile long sleptNanos;

    SuspendClock(LongSupplier monotonicNanos, LongSupplier wallMillis) {
        this.monotonicNanos = monotonicNanos;
        this.wallMillis = wallMillis;
        this.distanceNanos = wallNanos() - monotonicNanos.getAsLong();
    }

    private long wallNanos() {
        return wallMillis.getAsLong() * 1_000_000;
    }

    long nanoTime() {
        long now = monotonicNanos.getAsLong();
        if (Math.abs(wallNanos() - now - distanceNanos) > NOTICED_NANOS) {
            return adjust();
        }
        return now + sleptNanos;
    }

    private synchronized long adjust() {
        while (true) {
            long before = monotonicNanos.getAsLong();
            long wall = wallNanos();
            long now = monotonicNanos.getAsLong();
            if (now - before < ONE_MOMENT_NANOS) {
                long ahead = wall - now - distanceNanos;
                if (Math.abs(ahead) > NOTICED_NANOS) {
                    sleptNanos += Math.max(0, ahead);
                    distanceNanos += ahead;
                }
                return now + sleptNanos;
            }
        }
    }
}
