package io.beemesh.protocol.sidecar;

import java.time.Duration;

/**
 * How long words count that keep a replaced pod of a StatefulSet from being heard.
 *
 * @param lease for which a pod speaks for its ordinal, from when it asked the voters that agreed
 * @param fresh for which another pod takes its bytes, from when that one challenged it
 * @param slack between the end of both and the first byte of a new pod: clocks do not run alike, and voters
 *     learn of an entry a moment after it is written
 */
public record FenceTiming(Duration lease, Duration fresh, Duration slack) {
    public FenceTiming {
        if (!lease.isPositive() || !fresh.isPositive() || slack.isNegative()) {
            throw new IllegalArgumentException("times are " + lease + ", " + fresh + ", " + slack);
        }
    }

    /** Two seconds each, more than a round takes between sidecars of a busy machine. */
    public static FenceTiming defaults() {
        return new FenceTiming(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(1));
    }

    /** From when a pod has its ordinal until it speaks for it: all that was said for another one is over. */
    public Duration handOver() {
        return lease.plus(fresh).plus(slack);
    }
}
