package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Publish and subscribe by gossip: every subscriber of a topic gets each message once, from a few of its
 * peers, and passes it on to a few others.
 *
 * <p>Messages are signed by their author and verified before anything is done with them; then the topic's
 * validator decides. A state machine on the host's loop: every method is called and every callback comes
 * there.
 *
 * @see <a href="https://github.com/libp2p/specs/tree/master/pubsub/gossipsub">gossipsub</a>
 */
public final class Pubsub {
    private final Host host;
    private final GossipsubConfig config;
    private final MessageSigner signer;
    private final GossipsubRouter router;
    private final Map<String, Topic> topics = new TreeMap<>();

    /** Ends one subscription when closed, and leaves the topic with the last. */
    @FunctionalInterface
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /** No record: two subscriptions with the same handler are two. */
    private static final class Entry {
        private final Consumer<PubsubMessage> handler;
        private final MessageValidator validator;

        Entry(Consumer<PubsubMessage> handler, MessageValidator validator) {
            this.handler = handler;
            this.validator = validator;
        }
    }

    private record Topic(List<Entry> entries) {}

    /** @param key of the host, which signs what is published */
    public Pubsub(Host host, RandomGenerator random, PrivateKey key, GossipsubConfig config) {
        if (!key.peerId().equals(host.peerId())) {
            throw new IllegalArgumentException("key is not the host's: " + key.peerId());
        }
        this.host = host;
        this.config = config;
        this.signer = new MessageSigner(key, host.loop().wallTime());
        this.router = new GossipsubRouter(host, random, config, new GossipsubRouter.Delivery() {
            @Override
            public MessageValidator.Verdict take(PubsubMessage message, PeerId source) {
                return Pubsub.this.take(message, source);
            }

            @Override
            public List<String> topics() {
                return List.copyOf(topics.keySet());
            }
        });
    }

    /** Begins to serve and to keep meshes. */
    public void start() {
        host.loop().assertInside();
        router.start();
    }

    /** Ends all. */
    public void close() {
        host.loop().assertInside();
        router.close();
    }

    /**
     * Subscribes: {@code handler} gets each message once, own ones too, after every validator of the topic
     * has accepted it; the strictest verdict counts.
     *
     * @param topic at most 1024 bytes in UTF-8
     */
    public Subscription subscribe(String topic, Consumer<PubsubMessage> handler,
            MessageValidator validator) {
        host.loop().assertInside();
        if (topic.length() > PubsubCodec.TOPIC_BYTES_MAX / 3) {
            throw new IllegalArgumentException("topic is too long: " + topic.length());
        }
        Entry entry = new Entry(handler, validator);
        Topic known = topics.get(topic);
        if (known == null) {
            topics.put(topic, new Topic(new ArrayList<>(List.of(entry))));
            router.join(topic);
        } else {
            known.entries.add(entry);
        }
        return () -> unsubscribe(topic, entry);
    }

    private void unsubscribe(String topic, Entry entry) {
        host.loop().assertInside();
        Topic known = topics.get(topic);
        if (known != null && known.entries.remove(entry) && known.entries.isEmpty()) {
            topics.remove(topic);
            router.leave(topic);
        }
    }

    /**
     * Signs and sends a message, whether or not the topic is subscribed to. With nobody there it is lost.
     *
     * @param data at most {@link GossipsubConfig#messageBytesMax}; must not be changed afterwards
     */
    public MessageId publish(String topic, byte[] data) {
        host.loop().assertInside();
        if (data.length > config.messageBytesMax()) {
            throw new IllegalArgumentException(
                    "message has " + data.length + " bytes, limit " + config.messageBytesMax());
        }
        WireMessage wire = signer.sign(topic, data);
        try {
            PubsubMessage message = MessageSigner.own(wire, host.peerId());
            router.publish(message.id(), wire);
            deliver(message);
            return message.id();
        } catch (PubsubException e) {
            throw new IllegalStateException("own message is not valid", e);
        }
    }

    private MessageValidator.Verdict take(PubsubMessage message, PeerId source) {
        Topic topic = topics.get(message.topic());
        if (topic == null || message.data().length > config.messageBytesMax()) {
            return MessageValidator.Verdict.IGNORE;
        }
        MessageValidator.Verdict verdict = MessageValidator.Verdict.ACCEPT;
        for (Entry entry : topic.entries) {
            MessageValidator.Verdict one = entry.validator.validate(message, source);
            verdict = one.compareTo(verdict) > 0 ? one : verdict;
        }
        if (verdict == MessageValidator.Verdict.ACCEPT) {
            deliver(message);
        }
        return verdict;
    }

    private void deliver(PubsubMessage message) {
        Topic topic = topics.get(message.topic());
        if (topic != null) {
            List.copyOf(topic.entries).forEach(entry -> entry.handler.accept(message));
        }
    }

    /** Sets P5, what the application thinks of a peer. */
    public void applicationScore(PeerId peer, double value) {
        host.loop().assertInside();
        router.score().application(peer, value);
    }

    /** The score of a peer in its parts. */
    public ScoreBreakdown explainScore(PeerId peer) {
        host.loop().assertInside();
        return router.score().explain(peer);
    }

    /** The peers in the mesh of a topic. */
    public List<PeerId> mesh(String topic) {
        host.loop().assertInside();
        return router.meshOf(topic);
    }

    /** The connected peers that subscribe to a topic. */
    public List<PeerId> subscribers(String topic) {
        host.loop().assertInside();
        return router.peersOf(topic);
    }

    /** What happened so far. */
    public PubsubStatus status() {
        host.loop().assertInside();
        PubsubCounters counters = router.counters();
        return new PubsubStatus(counters.sent, counters.delivered, counters.duplicates,
                counters.ignored,
                counters.rejected, counters.graylisted, router.dropped());
    }
}
