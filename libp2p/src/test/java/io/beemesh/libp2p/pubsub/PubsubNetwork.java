package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Simulated peers that gossip, each connected to some others at random. */
final class PubsubNetwork {
    static final String TOPIC = "topic";

    /** One peer and what it received. */
    static final class Peer {
        final SimulatedHost host;
        final Pubsub pubsub;
        final PrivateKey key;
        final Map<MessageId, Long> receivedNanos = new HashMap<>();
        final Map<MessageId, Integer> hops = new HashMap<>();
        final List<PubsubMessage> received = new ArrayList<>();
        int twice;

        Peer(SimulatedHost host, Pubsub pubsub, PrivateKey key) {
            this.host = host;
            this.pubsub = pubsub;
            this.key = key;
        }

        void run(Runnable task) {
            host.loop().run(task);
        }

        private void receive(PubsubMessage message) {
            received.add(message);
            if (receivedNanos.put(message.id(), host.loop().nanoTime()) != null) {
                twice++;
            }
        }

        Pubsub.Subscription subscribe(MessageValidator validator) {
            Pubsub.Subscription[] subscription = new Pubsub.Subscription[1];
            run(() -> subscription[0] = pubsub.subscribe(TOPIC, this::receive, validator));
            return subscription[0];
        }
    }

    final Simulation simulation;
    final SimulatedNetwork network;
    final RandomGenerator random;
    final List<Peer> peers = new ArrayList<>();
    private final Map<PeerId, Peer> byId = new HashMap<>();

    PubsubNetwork(long seed, NetworkConditions conditions) {
        this.simulation = new Simulation(seed);
        this.network = new SimulatedNetwork(simulation, conditions);
        this.random = simulation.newRandom();
    }

    Peer add(GossipsubConfig config) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        PrivateKey key = PrivateKey.fromSeed(secret);
        SimulatedHost host = network.newHost(key.peerId());
        Pubsub pubsub = new Pubsub(host, simulation.newRandom(), key, config);
        Peer peer = new Peer(host, pubsub, key);
        peer.run(pubsub::start);
        peers.add(peer);
        byId.put(host.peerId(), peer);
        return peer;
    }

    void connect(Peer a, Peer b) {
        a.host.addressBook().add(b.host.peerId(), b.host.listenAddresses(), Duration.ofHours(1));
        a.run(() -> a.host.connect(b.host.peerId()));
    }

    /** So many subscribers, each of which dials {@code dials} others. */
    void grow(int count, int dials, GossipsubConfig config) {
        for (int i = 0; i < count; i++) {
            Peer peer = add(config);
            peer.subscribe((message, source) -> {
                Peer from = byId.getOrDefault(source, peer);
                peer.hops.put(message.id(),
                        from == peer ? 0 : from.hops.getOrDefault(message.id(), 0) + 1);
                return MessageValidator.Verdict.ACCEPT;
            });
        }
        for (Peer peer : peers) {
            for (int i = 0; i < dials; i++) {
                Peer other = peers.get(random.nextInt(peers.size()));
                if (other != peer) {
                    connect(peer, other);
                }
            }
        }
    }

    MessageId publish(Peer peer, byte[] data) {
        MessageId[] id = new MessageId[1];
        peer.run(() -> id[0] = peer.pubsub.publish(TOPIC, data));
        return id[0];
    }
}
