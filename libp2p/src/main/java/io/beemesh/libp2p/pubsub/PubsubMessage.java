package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.peer.PeerId;

/**
 * A message whose signature was verified.
 *
 * @param author who signed it, not who passed it on
 * @param sequence the author's number, which grows
 * @param data must not be changed: handlers share it
 */
public record PubsubMessage(MessageId id, PeerId author, long sequence, String topic,
        byte[] data) {}
