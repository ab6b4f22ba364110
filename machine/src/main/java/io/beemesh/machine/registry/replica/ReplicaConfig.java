package io.beemesh.machine.registry.replica;

import java.time.Duration;

/**
 * Times and bounds of replication.
 *
 * @param beat how often a primary says that it lives
 * @param lease how long after the sending of a beat that a majority answered its primary may read alone
 * @param suspicion how long a home that hears nothing of its primary votes for nobody else; above the
 *     lease by as much as clocks may run apart
 * @param suspicionSpread up to how much later, at random, it asks for votes itself
 * @param retry after which an unanswered append is sent again
 * @param appendBytesMax payload bytes of one append, or one larger entry
 * @param windowBytesMax payload bytes on their way to one home
 * @param keptEntriesMax committed entries of a slot that are kept for homes which lag
 * @param keptBytesMax payload bytes of them
 */
public record ReplicaConfig(Duration beat, Duration lease, Duration suspicion,
        Duration suspicionSpread, Duration retry, int appendBytesMax, int windowBytesMax,
        int keptEntriesMax, int keptBytesMax) {
    public ReplicaConfig {
        if (beat.multipliedBy(2).compareTo(lease) > 0) {
            throw new IllegalArgumentException(
                    "lease " + lease + " must be at least two beats of " + beat);
        }
        if (lease.plus(lease.dividedBy(10)).compareTo(suspicion) > 0) {
            throw new IllegalArgumentException("suspicion " + suspicion
                    + " must be a tenth above the lease " + lease + " at least");
        }
        if (suspicionSpread.isNegative() || retry.compareTo(beat) < 0) {
            throw new IllegalArgumentException("spread " + suspicionSpread
                    + " must not be negative, retry " + retry + " not below the beat");
        }
        if (appendBytesMax < 1 || windowBytesMax < appendBytesMax || keptEntriesMax < 1
                || keptBytesMax < 1) {
            throw new IllegalArgumentException("bounds must be positive, and the window "
                    + windowBytesMax + " hold an append of " + appendBytesMax);
        }
    }

    /** For machines in one place or a few hundred milliseconds apart. */
    public static ReplicaConfig defaults() {
        return new ReplicaConfig(Duration.ofMillis(250), Duration.ofMillis(1_000),
                Duration.ofMillis(1_250), Duration.ofMillis(1_000), Duration.ofMillis(500),
                1 << 20, 4 << 20, 128, 256 << 10);
    }
}
