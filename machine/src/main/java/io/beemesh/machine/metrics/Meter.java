package io.beemesh.machine.metrics;

/** One time series, or a group of them, that can write itself. */
sealed interface Meter permits Counter, Gauge, Histogram {
    /** Writes the samples; {@code labels} without braces. */
    void writeTo(StringBuilder out, String name, String labels);

    static void sample(StringBuilder out, String name, String labels, String value) {
        out.append(name);
        if (!labels.isEmpty()) {
            out.append('{').append(labels).append('}');
        }
        out.append(' ').append(value).append('\n');
    }

    /** A number without a fraction of zero. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
