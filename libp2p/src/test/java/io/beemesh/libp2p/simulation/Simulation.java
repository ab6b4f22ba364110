package io.beemesh.libp2p.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/** Virtual time and the queue of what happens next; everything in a run follows from its seed. */
public final class Simulation {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final EventQueue events = new EventQueue();
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
        for (EventQueue.Event next = events.peek(); next != null && next.at() <= end; next = events
                .peek()) {
            step(next);
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
            EventQueue.Event next = events.peek();
            if (next == null || next.at() > end) {
                throw new AssertionError("condition does not hold after " + limit);
            }
            step(next);
        }
    }

    EventQueue.Event schedule(long delayNanos, Runnable task) {
        EventQueue.Event event = new EventQueue.Event(nanos + Math.max(0, delayNanos), sequence++,
                task);
        events.add(event);
        return event;
    }

    private void step(EventQueue.Event event) {
        events.remove();
        nanos = Math.max(nanos, event.at());
        event.run();
    }
}
