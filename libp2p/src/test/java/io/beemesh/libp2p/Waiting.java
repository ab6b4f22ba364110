package io.beemesh.libp2p;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** For tests with real threads, sockets and processes: waits, within a bound, for what others bring about. */
public final class Waiting {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private Waiting() {}

    /**
     * Returns once the condition holds.
     *
     * @param told what there is instead, if it does not hold within the limit
     */
    public static void until(Duration limit, BooleanSupplier condition, Supplier<String> told) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not after " + limit + ": " + told.get());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
