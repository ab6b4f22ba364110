package io.beemesh.machine.siblings;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What happened in all runs. */
final class CloneCounters {
    int runs;
    long needed;
    long made;
    long published;
    long duplicates;
    long vetoed;
    long drained;
    private final List<Duration> times = new ArrayList<>();

    void healed(Duration time) {
        times.add(time);
    }

    private Duration quantile(double q) {
        List<Duration> sorted = new ArrayList<>(times);
        Collections.sort(sorted);
        return sorted.isEmpty()
                ? Duration.ZERO
                : sorted.get((int) Math.min(sorted.size() - 1L, (long) (q * sorted.size())));
    }

    @Override
    public String toString() {
        return "runs=" + runs + " needed=" + needed + " started=" + made + " published="
                + published + " duplicates=" + duplicates + " vetoed=" + vetoed + " drained="
                + drained + " whole again p50=" + quantile(0.5).toMillis() + "ms p99="
                + quantile(0.99).toMillis() + "ms";
    }
}
