package io.beemesh.libp2p.pubsub;

/**
 * Figures of a {@link Pubsub}, since the start.
 *
 * @param sent messages sent or passed on, per receiver, without those that were asked for
 * @param delivered messages of others accepted
 * @param duplicates messages that were there already
 * @param ignored messages that the validator ignored, or own ones that came back
 * @param rejected messages with a bad signature, or that the validator rejected
 * @param graylisted frames not read because of the peer's score
 * @param dropped frames for which slow peers that are connected had no room
 */
public record PubsubStatus(long sent, long delivered, long duplicates, long ignored, long rejected,
        long graylisted,
        long dropped) {}
