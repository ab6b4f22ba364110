package io.beemesh.libp2p.pubsub;

import java.time.Duration;

/**
 * The parameters of gossipsub, with the names of its specification in brackets.
 *
 * @param degree peers in the mesh of a topic (D, default 6)
 * @param degreeLow below it the mesh is filled up (D_low, 5)
 * @param degreeHigh above it the mesh is cut down (D_high, 12)
 * @param degreeScore of a mesh that is cut down, so many of the best stay (D_score, 4)
 * @param degreeOut of a mesh so many at least are peers that this host dialed, so that nobody who dials
 *     it can take the mesh over (D_out, 2)
 * @param degreeLazy at least so many peers outside the mesh hear what there is (D_lazy, 6)
 * @param gossipFactor the share of peers outside the mesh that hear it, if that is more (0.25)
 * @param heartbeat how often meshes are kept (1 s)
 * @param historyLength heartbeats for which a message can be asked for (mcache_len, 5)
 * @param historyGossip heartbeats for which it is told (mcache_gossip, 3)
 * @param seenLife how long ids of messages are remembered (seen_ttl, 120 s)
 * @param fanoutLife how long a fanout lives without publishing (60 s)
 * @param pruneBackoff how long after a PRUNE there is no GRAFT (60 s)
 * @param unsubscribeBackoff the same after leaving a topic (10 s)
 * @param dontWantBytes from this size on IDONTWANT is sent (1024)
 * @param floodPublish whether own messages go to all peers of the topic (on)
 * @param exchangePeers peers named in a PRUNE, 0 for none (16)
 * @param messageBytesMax the longest data of a message (1 MiB with its frame)
 * @param score how peers are judged
 */
public record GossipsubConfig(int degree, int degreeLow, int degreeHigh, int degreeScore,
        int degreeOut, int degreeLazy, double gossipFactor, Duration heartbeat, int historyLength,
        int historyGossip,
        Duration seenLife,
        Duration fanoutLife, Duration pruneBackoff, Duration unsubscribeBackoff, int dontWantBytes,
        boolean floodPublish, int exchangePeers, int messageBytesMax, ScoreConfig score) {
    /** The longest frame that is read or written. */
    public static final int FRAME_BYTES_MAX = 1024 * 1024;

    public GossipsubConfig {
        if (degreeLow < 1 || degreeLow > degree || degree > degreeHigh || degreeScore > degree
                || degreeLazy < 0) {
            throw new IllegalArgumentException(
                    "mesh degrees must rise: low " + degreeLow + ", " + degree + ", high "
                            + degreeHigh + "; score " + degreeScore + ", lazy " + degreeLazy);
        }
        if (degreeOut < 0 || degreeOut >= degreeLow || degreeOut > degree / 2) {
            throw new IllegalArgumentException("degreeOut must be less than degreeLow and at most"
                    + " half of degree: " + degreeOut);
        }
        if (historyGossip < 1 || historyGossip > historyLength) {
            throw new IllegalArgumentException(
                    "historyGossip must be 1 to historyLength " + historyLength + ": "
                            + historyGossip);
        }
        if (gossipFactor < 0 || gossipFactor > 1) {
            throw new IllegalArgumentException("gossipFactor must be 0 to 1: " + gossipFactor);
        }
        if (messageBytesMax < 1 || messageBytesMax > FRAME_BYTES_MAX - 1_024) {
            throw new IllegalArgumentException(
                    "messageBytesMax must be 1 to 1 MiB less 1 KiB: " + messageBytesMax);
        }
        if (heartbeat.isNegative() || heartbeat.isZero()) {
            throw new IllegalArgumentException("heartbeat must be positive: " + heartbeat);
        }
    }

    /** As the specification and go-libp2p have them; peers are exchanged. */
    public static GossipsubConfig defaults() {
        return new GossipsubConfig(6, 5, 12, 4, 2, 6, 0.25, Duration.ofSeconds(1), 5, 3,
                Duration.ofSeconds(120),
                Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofSeconds(10), 1_024, true,
                16,
                FRAME_BYTES_MAX - 1_024, ScoreConfig.defaults());
    }

    /** The same with or without flood publishing. */
    public GossipsubConfig withFloodPublish(boolean newFloodPublish) {
        return new GossipsubConfig(degree, degreeLow, degreeHigh, degreeScore, degreeOut,
                degreeLazy,
                gossipFactor, heartbeat,
                historyLength, historyGossip, seenLife, fanoutLife, pruneBackoff,
                unsubscribeBackoff, dontWantBytes,
                newFloodPublish, exchangePeers, messageBytesMax, score);
    }

    /** The same with another way to judge peers. */
    public GossipsubConfig withScore(ScoreConfig newScore) {
        return new GossipsubConfig(degree, degreeLow, degreeHigh, degreeScore, degreeOut,
                degreeLazy,
                gossipFactor, heartbeat,
                historyLength, historyGossip, seenLife, fanoutLife, pruneBackoff,
                unsubscribeBackoff, dontWantBytes,
                floodPublish, exchangePeers, messageBytesMax, newScore);
    }
}
