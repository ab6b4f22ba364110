package io.beemesh.libp2p.pubsub;

import java.time.Duration;

/**
 * How peers are judged. The thresholds are those of the specification's score function: below {@code
 * gossipThreshold} no gossip is exchanged, below {@code publishThreshold} own messages do not go there,
 * below {@code graylistThreshold} nothing of the peer is read; exchanged peers are taken from a peer
 * above {@code acceptExchangeThreshold} only.
 *
 * @param topic the weights of every topic
 * @param topicCap the most that topics add in all (TopicScoreCap), 0 for no cap
 * @param applicationWeight P5: of what the application says
 * @param colocationWeight P6: not positive; of the square of peers of one IP above {@code colocationMax}
 * @param behaviourWeight P7: not positive; of the square of penalties above {@code behaviourMax}
 * @param behaviourDecay what is left of penalties after a {@code decayInterval}
 * @param decayToZero counters below are 0
 * @param retain how long the score of a peer that left is kept
 */
public record ScoreConfig(TopicScoreConfig topic, double topicCap, double applicationWeight,
        double colocationWeight,
        int colocationMax, double behaviourWeight, double behaviourMax, double behaviourDecay,
        Duration decayInterval,
        double decayToZero, Duration retain, double gossipThreshold, double publishThreshold,
        double graylistThreshold,
        double acceptExchangeThreshold, double opportunisticThreshold) {
    public ScoreConfig {
        if (colocationWeight > 0 || behaviourWeight > 0) {
            throw new IllegalArgumentException("weights of P6 and P7 must not be positive");
        }
        if (gossipThreshold > 0 || publishThreshold > gossipThreshold
                || graylistThreshold > publishThreshold) {
            throw new IllegalArgumentException(
                    "thresholds must fall from gossip over publish to graylist");
        }
    }

    /**
     * Judges by what every topic has in common: first deliveries, invalid messages, broken promises. P3
     * and P6 are off: the one punishes quiet topics, the other all peers behind one address.
     */
    public static ScoreConfig defaults() {
        return new ScoreConfig(TopicScoreConfig.defaults(), 100, 1, 0, 10, -10, 6, 0.99,
                Duration.ofSeconds(1), 0.01,
                Duration.ofHours(1), -10, -50, -80, 0, 1);
    }
}
