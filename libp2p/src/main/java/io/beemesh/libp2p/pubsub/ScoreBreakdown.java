package io.beemesh.libp2p.pubsub;

/**
 * A peer's score and what it is made of; all parts are weighted.
 *
 * @param meshTime P1
 * @param firstDeliveries P2
 * @param deliveryDeficit P3
 * @param meshFailures P3b
 * @param invalidMessages P4
 * @param application P5
 * @param colocation P6
 * @param behaviour P7
 */
public record ScoreBreakdown(double total, double meshTime, double firstDeliveries,
        double deliveryDeficit,
        double meshFailures, double invalidMessages, double application, double colocation,
        double behaviour) {
    static final ScoreBreakdown NONE = new ScoreBreakdown(0, 0, 0, 0, 0, 0, 0, 0, 0);

    static ScoreBreakdown of(ScoreConfig config, double[] topicParts, double p5, double p6,
            double p7) {
        double topics = 0;
        double weight = config.topic().weight();
        for (int i = 0; i < topicParts.length; i++) {
            topicParts[i] *= weight;
            topics += topicParts[i];
        }
        if (config.topicCap() > 0) {
            topics = Math.min(config.topicCap(), topics);
        }
        return new ScoreBreakdown(topics + p5 + p6 + p7, topicParts[0], topicParts[1],
                topicParts[2], topicParts[3],
                topicParts[4], p5, p6, p7);
    }
}
