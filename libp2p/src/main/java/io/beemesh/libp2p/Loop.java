package io.beemesh.libp2p;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * The one thread of a node's decisions: a queue of tasks, timers, and the only source of time.
 *
 * <p>Tasks run one after another in the order in which they were given. A task that throws is logged
 * and counted; the loop goes on.
 */
public interface Loop extends Executor {
    /** Runs {@code task} after all tasks given before; may be called from any thread. */
    @Override
    void execute(Runnable task);

    /** Runs {@code task} on the loop once {@code delay} has passed; may be called from any thread. */
    Timer schedule(Duration delay, Runnable task);

    /** Monotonic time in nanoseconds, also of a machine that sleeps meanwhile; only differences mean anything. */
    long nanoTime();

    /** The wall clock, which may jump. */
    Instant wallTime();

    /** True on the loop's own thread. */
    boolean isInside();

    /** Opens each entry of a state machine: fails if the caller is not on this loop. */
    default void assertInside() {
        assert isInside() : "called from outside the loop";
    }

    /** A task that waits for its time. */
    interface Timer {
        /** Prevents the task from running if it has not begun. */
        void cancel();
    }
}
