package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** Counts what peers do and makes one number of it, whose parts can be shown. */
final class PeerScore {
    static final int PEERS_MAX = 8_192;

    private static final class Topic {
        long meshSinceNanos = -1;
        double first;
        double deliveries;
        double failures;
        double invalid;
    }

    private static final class Entry {
        final Map<String, Topic> topics = new TreeMap<>();
        double application;
        double behaviour;
        String address = "";
        long goneNanos;
        boolean connected = true;
    }

    private final Loop loop;
    private final ScoreConfig config;
    private final Function<PeerId, String> addressOf;
    private final SequencedMap<PeerId, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Integer> perAddress = new HashMap<>();

    /** @param addressOf the IP of a connected peer, empty if unknown or not to be judged */
    PeerScore(Loop loop, ScoreConfig config, Function<PeerId, String> addressOf) {
        this.loop = loop;
        this.config = config;
        this.addressOf = addressOf;
    }

    void connected(PeerId peer) {
        Entry entry = entries.computeIfAbsent(peer, id -> new Entry());
        entry.connected = true;
        countAddress(entry, -1);
        entry.address = addressOf.apply(peer);
        countAddress(entry, 1);
        while (entries.size() > PEERS_MAX) {
            countAddress(entries.pollFirstEntry().getValue(), -1);
        }
    }

    private void countAddress(Entry entry, int change) {
        if (!entry.address.isEmpty()) {
            perAddress.merge(entry.address, change, (a, b) -> a + b == 0 ? null : a + b);
        }
    }

    void disconnected(PeerId peer) {
        Entry entry = entries.get(peer);
        if (entry != null) {
            entry.connected = false;
            entry.goneNanos = loop.nanoTime();
            countAddress(entry, -1);
            entry.address = "";
            entry.topics.forEach((topic, counters) -> leave(counters));
        }
    }

    private Topic topic(PeerId peer, String topic) {
        return entries.computeIfAbsent(peer, id -> new Entry()).topics.computeIfAbsent(topic,
                name -> new Topic());
    }

    void grafted(PeerId peer, String topic) {
        topic(peer, topic).meshSinceNanos = loop.nanoTime();
    }

    void pruned(PeerId peer, String topic) {
        leave(topic(peer, topic));
    }

    private void leave(Topic counters) {
        double lack = lack(counters);
        counters.failures += lack * lack;
        counters.meshSinceNanos = -1;
    }

    /** P3: what lacks of the deliveries that a member of the mesh owes. */
    private double lack(Topic counters) {
        TopicScoreConfig topic = config.topic();
        boolean active = counters.meshSinceNanos >= 0
                && loop.nanoTime() - counters.meshSinceNanos > topic.deliveryActivation().toNanos();
        return active ? Math.max(0, topic.deliveryMin() - counters.deliveries) : 0;
    }

    /** The first peer to deliver a valid message. */
    void deliveredFirst(PeerId peer, String topic) {
        Topic counters = topic(peer, topic);
        counters.first = Math.min(config.topic().firstCap(), counters.first + 1);
        delivered(counters);
    }

    /** Another peer delivered it {@code lateNanos} after the first. */
    void deliveredAgain(PeerId peer, String topic, long lateNanos) {
        if (lateNanos <= config.topic().deliveryWindow().toNanos()) {
            delivered(topic(peer, topic));
        }
    }

    private static void delivered(Topic counters) {
        if (counters.meshSinceNanos >= 0) {
            counters.deliveries++;
        }
    }

    void invalid(PeerId peer, String topic) {
        topic(peer, topic).invalid++;
    }

    void misbehaved(PeerId peer, int times) {
        entries.computeIfAbsent(peer, id -> new Entry()).behaviour += times;
    }

    void application(PeerId peer, double value) {
        entries.computeIfAbsent(peer, id -> new Entry()).application = value;
    }

    double of(PeerId peer) {
        return explain(peer).total();
    }

    ScoreBreakdown explain(PeerId peer) {
        Entry entry = entries.get(peer);
        if (entry == null) {
            return ScoreBreakdown.NONE;
        }
        double p1 = 0;
        double p2 = 0;
        double p3 = 0;
        double p3b = 0;
        double p4 = 0;
        TopicScoreConfig weights = config.topic();
        for (Topic counters : entry.topics.values()) {
            if (counters.meshSinceNanos >= 0) {
                double quanta = (double) (loop.nanoTime() - counters.meshSinceNanos)
                        / weights.meshTimeQuantum().toNanos();
                p1 += weights.meshTimeWeight() * Math.min(weights.meshTimeCap(), quanta);
            }
            double lack = lack(counters);
            p2 += weights.firstWeight() * counters.first;
            p3 += weights.deliveryWeight() * lack * lack;
            p3b += weights.failureWeight() * counters.failures;
            p4 += weights.invalidWeight() * counters.invalid * counters.invalid;
        }
        double surplus = Math.max(0,
                perAddress.getOrDefault(entry.address, 0) - config.colocationMax());
        double excess = Math.max(0, entry.behaviour - config.behaviourMax());
        return ScoreBreakdown.of(config, new double[]{p1, p2, p3, p3b, p4},
                config.applicationWeight() * entry.application,
                config.colocationWeight() * surplus * surplus,
                config.behaviourWeight() * excess * excess);
    }

    /** Called once in each {@link ScoreConfig#decayInterval}. */
    void decay() {
        long now = loop.nanoTime();
        entries.values().removeIf(
                entry -> !entry.connected && now - entry.goneNanos > config.retain().toNanos());
        double decay = config.topic().decay();
        for (Entry entry : entries.values()) {
            if (!entry.connected) {
                continue;
            }
            entry.behaviour = decayed(entry.behaviour, config.behaviourDecay());
            for (Topic counters : entry.topics.values()) {
                counters.first = decayed(counters.first, decay);
                counters.deliveries = decayed(counters.deliveries, decay);
                counters.failures = decayed(counters.failures, decay);
                counters.invalid = decayed(counters.invalid, decay);
            }
            entry.topics.values()
                    .removeIf(counters -> counters.meshSinceNanos < 0 && counters.first == 0
                            && counters.failures == 0 && counters.invalid == 0);
        }
    }

    private double decayed(double counter, double decay) {
        double left = counter * decay;
        return left < config.decayToZero() ? 0 : left;
    }
}
