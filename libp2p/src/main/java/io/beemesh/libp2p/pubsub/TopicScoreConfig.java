package io.beemesh.libp2p.pubsub;

import java.time.Duration;

/**
 * The weights of a topic, P1 to P4 of the specification.
 *
 * @param weight of the topic in all
 * @param meshTimeWeight P1, of the time in the mesh in {@code meshTimeQuantum}, at most {@code meshTimeCap}
 * @param firstWeight P2, of messages that came from the peer first, decaying, at most {@code firstCap}
 * @param deliveryWeight P3, not positive: of the square of what lacks to {@code deliveryMin}; 0 is off
 * @param deliveryActivation P3 counts after this time in the mesh
 * @param deliveryWindow a duplicate counts as delivered this long after the first
 * @param failureWeight P3b, not positive: of the square of what lacked when the peer left the mesh
 * @param invalidWeight P4, not positive: of the square of invalid messages
 * @param decay what is left of the counters after an interval
 */
public record TopicScoreConfig(double weight, double meshTimeWeight, Duration meshTimeQuantum,
        double meshTimeCap,
        double firstWeight, double firstCap, double deliveryWeight, double deliveryMin,
        Duration deliveryActivation,
        Duration deliveryWindow, double failureWeight, double invalidWeight, double decay) {
    public TopicScoreConfig {
        if (deliveryWeight > 0 || failureWeight > 0 || invalidWeight > 0) {
            throw new IllegalArgumentException("weights of P3, P3b and P4 must not be positive");
        }
        if (decay <= 0 || decay >= 1) {
            throw new IllegalArgumentException("decay must lie between 0 and 1: " + decay);
        }
    }

    /** P1, P2 and P4. */
    public static TopicScoreConfig defaults() {
        return new TopicScoreConfig(1, 0.01, Duration.ofSeconds(1), 1_000, 0.1, 100, 0, 0,
                Duration.ofSeconds(30),
                Duration.ofMillis(10), 0, -20, 0.98);
    }
}
