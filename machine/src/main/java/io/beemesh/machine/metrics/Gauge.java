package io.beemesh.machine.metrics;

import java.util.concurrent.atomic.AtomicLong;

/** A whole number that rises and falls. Any thread may change it. */
public final class Gauge implements Meter {
    private final AtomicLong value = new AtomicLong();

    Gauge() {}

    public void set(long amount) {
        value.set(amount);
    }

    public void increment() {
        value.incrementAndGet();
    }

    public void decrement() {
        value.decrementAndGet();
    }

    /** Adds {@code amount}, which may be negative. */
    public void add(long amount) {
        value.addAndGet(amount);
    }

    public long value() {
        return value.get();
    }

    @Override
    public void writeTo(StringBuilder out, String name, String labels) {
        Meter.sample(out, name, labels, Long.toString(value.get()));
    }
}
