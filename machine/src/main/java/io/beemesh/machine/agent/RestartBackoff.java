package io.beemesh.machine.agent;

import java.time.Duration;

/**
 * Delay before the next try: none before the first, then 10 s, doubling up to 300 s; forgotten after
 * 600 s without need. Times are the loop's nanoseconds.
 */
final class RestartBackoff {
    private static final Duration FIRST = Duration.ofSeconds(10);
    private static final Duration MAX = Duration.ofMinutes(5);

    private long delayNanos;
    private long updatedNanos;

    /** Notes a failure that ended at {@code endNanos}. */
    void next(long endNanos) {
        if (delayNanos == 0 || endNanos - updatedNanos > 2 * MAX.toNanos()) {
            delayNanos = FIRST.toNanos();
        } else {
            delayNanos = Math.min(2 * delayNanos, MAX.toNanos());
        }
        updatedNanos = endNanos;
    }

    /** How long to wait from now on after a failure that ended at {@code endNanos}; zero means go. */
    long remainingNanos(long endNanos, long nowNanos) {
        if (delayNanos == 0 || endNanos - updatedNanos > 2 * MAX.toNanos()) {
            return 0;
        }
        return Math.max(0, endNanos + delayNanos - nowNanos);
    }

    /** The delay in force, as Go prints it: {@code 10s}, {@code 2m40s}. */
    String text() {
        long seconds = Duration.ofNanos(delayNanos).toSeconds();
        return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s";
    }

    /** Begins from the start. */
    void reset() {
        delayNanos = 0;
    }
}
