package io.beemesh.libp2p.simulation;

import java.time.Duration;

/**
 * How good the simulated network is.
 *
 * @param latencyMin the least one-way delay between two hosts
 * @param latencyMax the greatest one-way delay between two hosts; each pair has its own in between
 * @param jitter added to each write at random, from nothing to this; streams overtake each other by it
 * @param delayed the probability that a write is lost and sent again, which delays its stream by a
 *     retransmission timeout
 * @param broken the probability that a write is lost for good: its stream is reset
 * @param dialTimeout how long a dial without any answer takes to fail
 * @param silenceTimeout how long a connection without any answer takes to be lost
 * @param connectionsMax connections that a host keeps; above it the oldest without streams is closed
 */
public record NetworkConditions(Duration latencyMin, Duration latencyMax, Duration jitter,
        double delayed,
        double broken, Duration dialTimeout, Duration silenceTimeout, int connectionsMax) {
    public NetworkConditions {
        if (latencyMin.isNegative() || latencyMax.compareTo(latencyMin) < 0
                || jitter.isNegative()) {
            throw new IllegalArgumentException(
                    "latency " + latencyMin + " to " + latencyMax + ", jitter " + jitter
                            + " is no range");
        }
        if (delayed < 0 || delayed > 0.9 || broken < 0 || broken > 1) {
            throw new IllegalArgumentException(
                    "delayed " + delayed + " must be 0 to 0.9, broken " + broken + " 0 to 1");
        }
        if (connectionsMax < 1) {
            throw new IllegalArgumentException(
                    "connectionsMax " + connectionsMax + " must be positive");
        }
    }

    /** One millisecond, nothing is lost. */
    public static NetworkConditions lan() {
        return new NetworkConditions(Duration.ofMillis(1), Duration.ofMillis(1),
                Duration.ofNanos(100_000), 0, 0,
                Duration.ofSeconds(5), Duration.ofSeconds(20), 1_000);
    }

    /** 5 to 100 ms one way with 5 ms of jitter, nothing is lost. */
    public static NetworkConditions wan() {
        return new NetworkConditions(Duration.ofMillis(5), Duration.ofMillis(100),
                Duration.ofMillis(5), 0, 0,
                Duration.ofSeconds(5), Duration.ofSeconds(20), 1_000);
    }

    /** The same with these losses. */
    public NetworkConditions withLoss(double newDelayed, double newBroken) {
        return new NetworkConditions(latencyMin, latencyMax, jitter, newDelayed, newBroken,
                dialTimeout,
                silenceTimeout, connectionsMax);
    }

    /** The same with this bound of connections. */
    public NetworkConditions withConnectionsMax(int newConnectionsMax) {
        return new NetworkConditions(latencyMin, latencyMax, jitter, delayed, broken, dialTimeout,
                silenceTimeout,
                newConnectionsMax);
    }
}
