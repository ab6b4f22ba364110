package io.beemesh.machine.metrics;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/** How often values fell into each bucket, and their sum. Any thread may observe. */
public final class Histogram implements Meter {
    private final double[] bounds;
    private final AtomicLongArray buckets;
    private final DoubleAdder sum = new DoubleAdder();

    /** Upper bounds are rising; a bucket without bound is added. */
    Histogram(double[] upperBounds) {
        this.bounds = upperBounds.clone();
        for (int i = 1; i < bounds.length; i++) {
            if (!(bounds[i] > bounds[i - 1])) {
                throw new IllegalArgumentException(
                        "bounds must rise: " + Arrays.toString(upperBounds));
            }
        }
        this.buckets = new AtomicLongArray(bounds.length + 1);
    }

    public void observe(double value) {
        int at = 0;
        while (at < bounds.length && value > bounds[at]) {
            at++;
        }
        buckets.incrementAndGet(at);
        sum.add(value);
    }

    /** Observes a time in seconds. */
    public void observe(Duration time) {
        observe(time.toNanos() / 1e9);
    }

    /** How many values were observed. */
    public long count() {
        long count = 0;
        for (int i = 0; i < buckets.length(); i++) {
            count += buckets.get(i);
        }
        return count;
    }

    @Override
    public void writeTo(StringBuilder out, String name, String labels) {
        long count = 0;
        for (int i = 0; i < buckets.length(); i++) {
            count += buckets.get(i);
            String bound = i < bounds.length ? Meter.number(bounds[i]) : "+Inf";
            String all = labels.isEmpty() ? "" : labels + ",";
            Meter.sample(out, name + "_bucket", all + "le=\"" + bound + "\"",
                    Long.toString(count));
        }
        Meter.sample(out, name + "_sum", labels, Meter.number(sum.sum()));
        Meter.sample(out, name + "_count", labels, Long.toString(count));
    }
}
