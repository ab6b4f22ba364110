package io.beemesh.machine.membership;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.pubsub.MessageValidator.Verdict;
import io.beemesh.libp2p.pubsub.Pubsub;

/** A lane that is a gossipsub topic. */
public final class GossipLane implements Lane {
    private final Pubsub pubsub;
    private final PeerId self;
    private final String topic;

    public GossipLane(Pubsub pubsub, PeerId self, String prefix) {
        this.pubsub = pubsub;
        this.self = self;
        this.topic = Lane.topic(prefix);
    }

    @Override
    public void publish(byte[] message) {
        pubsub.publish(topic, message);
    }

    @Override
    public void listen(Listener listener) {
        pubsub.subscribe(topic, message -> {
            // Taken by the validator already.
        }, (message, source) -> message.author().equals(self)
                ? Verdict.IGNORE
                : listener.onMessage(message.author(), source, message.data()));
    }
}
