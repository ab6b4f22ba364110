package io.beemesh.libp2p.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Virtual time and the queue of what happens next; everything in a run follows from its seed. */
public final class Simulation {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final SplittableRandom random;
    private long nanos;
    private long sequence;

    public Simulation(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** A loop of its own for one node, on this simulation's time. */
    public SimulatedLoop newLoop() {
        return new SimulatedLoop(this);
    }

    /** A generator of its own for one part, so that parts do not disturb each other. */
    public RandomGenerator newRandom() {
        return random.split();
    }

    /** Virtual nanoseconds since the start. */
    public long nanoTime() {
        return nanos;
    }

    /** The virtual wall clock. */
    public Instant wallTime() {
        return START.plusNanos(nanos);
    }

    /** Lets virtual time pass. */
    public void run(Duration time) {
        long end = nanos + time.toNanos();
        while (!events.isEmpty() && events.peek().at <= end) {
            step();
        }
        nanos = end;
    }

    /** Time passes in which nothing runs, as while a machine is suspended; what was due then comes late. */
    public void pass(Duration time) {
        nanos += time.toNanos();
    }

    /** Runs until {@code condition} holds; fails if it does not within {@code limit} of virtual time. */
    public void runUntil(BooleanSupplier condition, Duration limit) {
        long end = nanos + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (events.isEmpty() || events.peek().at > end) {
                throw new AssertionError("condition does not hold after " + limit);
            }
            step();
        }
    }

    Event schedule(long delayNanos, Runnable task) {
        Event event = new Event(nanos + Math.max(0, delayNanos), sequence++, task);
        events.add(event);
        return event;
    }

    private void step() {
        Event event = events.remove();
        nanos = Math.max(nanos, event.at);
        Runnable task = event.task;
        if (task != null) {
            task.run();
        }
    }

    static final class Event implements Comparable<Event> {
        private final long at;
        private final long sequence;
        private @Nullable Runnable task;

        Event(long at, long sequence, Runnable task) {
            this.at = at;
            this.sequence = sequence;
            this.task = task;
        }

        void cancel() {
            task = null;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(sequence);
        }
    }
}
