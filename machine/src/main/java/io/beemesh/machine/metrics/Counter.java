package io.beemesh.machine.metrics;

import java.util.concurrent.atomic.AtomicLong;

/** A count that only rises. Any thread may add. */
public final class Counter implements Meter {
    private final AtomicLong value = new AtomicLong();

    Counter() {}

    public void increment() {
        value.incrementAndGet();
    }

    /** Adds {@code amount}, which is not negative. */
    public void add(long amount) {
        if (amount < 0) {
            throw new IllegalArgumentException("a counter only rises, not by " + amount);
        }
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
