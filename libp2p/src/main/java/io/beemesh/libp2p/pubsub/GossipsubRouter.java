package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PeerRecord;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Gossipsub: takes what peers say and passes messages on. */
final class GossipsubRouter implements PeerLinks.Listener {
    private static final int DONT_WANT_HEARTBEATS = 3;

    /** Strangers that PRUNEs name and that are looked at in a heartbeat; a PRUNE names as many at most. */
    private static final int EXCHANGED_PER_HEARTBEAT_MAX = 16;

    private static final Duration EXCHANGED_LIFE = Duration.ofMinutes(10);

    /** Decides about messages and delivers them. */
    interface Delivery {
        /** The verdict about a message whose signature is good; delivers it if accepted. */
        MessageValidator.Verdict take(PubsubMessage message, PeerId source);

        /** Topics subscribed to. */
        List<String> topics();
    }

    private final Host host;
    private final GossipsubConfig config;
    private final Delivery delivery;
    private final PeerLinks links;
    private final PeerScore score;
    private final Meshes meshes;
    private final Gossip gossip;
    private final MessageCache cache;
    private final SeenCache seen;
    private final PubsubCounters counters = new PubsubCounters();
    private Loop.@Nullable Timer heartbeatTimer;
    private long tick;
    private int exchangedInHeartbeat;

    GossipsubRouter(Host host, RandomGenerator random, GossipsubConfig config, Delivery delivery) {
        this.host = host;
        this.config = config;
        this.delivery = delivery;
        this.links = new PeerLinks(host, this);
        this.score = new PeerScore(host.loop(), config.score(), this::ip);
        this.cache = new MessageCache(config.historyLength(), config.historyGossip());
        this.seen = new SeenCache(host.loop(), config.seenLife());
        this.meshes = new Meshes(host, random, config, links, score);
        this.gossip = new Gossip(host, random, config, meshes,
                new Gossip.Shared(links, score, cache, seen));
    }

    private String ip(PeerId peer) {
        List<Multiaddr> addresses = host.addressBook().addresses(peer);
        String text = addresses.isEmpty() ? "" : addresses.getFirst().toString();
        int end = text.indexOf('/', text.indexOf('/', 1) + 1);
        return end < 0 ? text : text.substring(0, end);
    }

    void start() {
        links.start();
        planHeartbeat();
    }

    void close() {
        if (heartbeatTimer != null) {
            heartbeatTimer.cancel();
        }
        links.close();
    }

    private void planHeartbeat() {
        heartbeatTimer = host.loop().schedule(config.heartbeat(), () -> {
            planHeartbeat();
            tick++;
            exchangedInHeartbeat = 0;
            links.all().forEach(peer -> peer.heartbeat(tick - DONT_WANT_HEARTBEATS));
            long interval = config.score().decayInterval().toNanos() / config.heartbeat().toNanos();
            if (tick % Math.max(1, interval) == 0) {
                score.decay();
            }
            meshes.heartbeat(tick);
            gossip.heartbeat();
        });
    }

    PeerScore score() {
        return score;
    }

    PubsubCounters counters() {
        return counters;
    }

    List<PeerId> meshOf(String topic) {
        return meshes.members(topic);
    }

    List<PeerId> peersOf(String topic) {
        return links.all().stream().filter(peer -> peer.topics.contains(topic)).map(peer -> peer.id)
                .toList();
    }

    long dropped() {
        return links.all().stream().mapToLong(peer -> peer.outbox.dropped()).sum();
    }

    void join(String topic) {
        announce(topic, true);
        meshes.join(topic);
    }

    void leave(String topic) {
        announce(topic, false);
        meshes.leave(topic);
    }

    private void announce(String topic, boolean subscribe) {
        Rpc rpc = new Rpc();
        rpc.subscriptions.add(new Rpc.Subscription(subscribe, topic));
        byte[] encoded = PubsubCodec.encode(rpc);
        links.all().forEach(peer -> peer.outbox.send(encoded));
    }

    /** An own message, signed. */
    void publish(MessageId id, WireMessage message) {
        seen.add(id);
        cache.put(id, message);
        String topic = message.topic();
        Set<PeerId> targets = new LinkedHashSet<>();
        if (config.floodPublish()) {
            targets.addAll(meshes.candidates(topic, Integer.MAX_VALUE, meshes::isPublishable));
        } else {
            targets.addAll(meshes.isJoined(topic) ? meshes.members(topic) : meshes.fanout(topic));
        }
        send(id, message, targets, true);
    }

    private void send(MessageId id, WireMessage message, Iterable<PeerId> targets, boolean own) {
        byte[] encoded = PubsubCodec.encode(Rpc.of(message));
        for (PeerId target : targets) {
            PubsubPeer peer = links.get(target);
            if (peer != null && !peer.dontWant.containsKey(id)) {
                counters.sent++;
                if (own) {
                    peer.outbox.send(encoded);
                } else {
                    peer.outbox.offer(encoded);
                }
            }
        }
    }

    @Override
    public void onPeer(PubsubPeer peer) {
        score.connected(peer.id);
    }

    @Override
    public void onOpen(PubsubPeer peer) {
        Rpc hello = new Rpc();
        delivery.topics()
                .forEach(topic -> hello.subscriptions.add(new Rpc.Subscription(true, topic)));
        meshes.regraft(peer, hello);
        if (!hello.subscriptions.isEmpty()) {
            RpcParts.encode(hello).forEach(peer.outbox::send);
        }
    }

    @Override
    public void onGone(PubsubPeer peer) {
        meshes.onGone(peer);
        score.disconnected(peer.id);
    }

    @Override
    public void onBadRpc(PubsubPeer peer) {
        score.misbehaved(peer.id, 1);
    }

    @Override
    public void onRpc(PubsubPeer peer, Rpc rpc) {
        if (score.of(peer.id) < config.score().graylistThreshold()) {
            counters.graylisted++;
            return;
        }
        for (Rpc.Subscription subscription : rpc.subscriptions) {
            if (!subscription.subscribe()) {
                peer.topics.remove(subscription.topic());
                meshes.onUnsubscribe(peer, subscription.topic());
            } else if (peer.topics.size() < PubsubPeer.TOPICS_MAX) {
                peer.topics.add(subscription.topic());
            }
        }
        rpc.idontwant.forEach(id -> peer.dontWant(id, tick));
        rpc.messages.forEach(message -> onMessage(peer, message));
        gossip.onIHave(peer, rpc.ihave);
        gossip.onIWant(peer, rpc.iwant);
        rpc.graft.forEach(topic -> meshes.onGraft(peer, topic));
        for (Rpc.Prune prune : rpc.prune) {
            boolean wasMember = meshes.onPrune(peer, prune);
            if (wasMember
                    && score.of(peer.id) >= config.score().acceptExchangeThreshold()) {
                connect(prune.peers());
            }
        }
    }

    private void onMessage(PubsubPeer peer, WireMessage wire) {
        String topic = wire.topic();
        if (!meshes.isJoined(topic)) {
            return;
        }
        try {
            MessageId id = MessageSigner.idOf(wire);
            if (seen.contains(id)) {
                counters.duplicates++;
                seen.firstNanos(id)
                        .ifPresent(first -> score.deliveredAgain(peer.id, topic,
                                host.loop().nanoTime() - first));
                return;
            }
            PubsubMessage message = MessageSigner.verify(wire);
            if (message.author().equals(host.peerId())) {
                counters.ignored++;
                return;
            }
            seen.add(id);
            gossip.fulfilled(id);
            switch (delivery.take(message, peer.id)) {
                case ACCEPT -> accepted(peer, id, wire, message);
                case IGNORE -> counters.ignored++;
                case REJECT -> reject(peer, topic);
            }
        } catch (PubsubException e) {
            reject(peer, topic);
        }
    }

    private void reject(PubsubPeer peer, String topic) {
        counters.rejected++;
        score.invalid(peer.id, topic);
    }

    private void accepted(PubsubPeer source, MessageId id, WireMessage wire,
            PubsubMessage message) {
        counters.delivered++;
        score.deliveredFirst(source.id, message.topic());
        cache.put(id, wire);
        Set<PeerId> targets = new LinkedHashSet<>(meshes.members(message.topic()));
        targets.remove(source.id);
        targets.remove(message.author());
        if (message.data().length >= config.dontWantBytes()) {
            sendDontWant(id, targets);
        }
        send(id, wire, targets, false);
    }

    private void sendDontWant(MessageId id, Set<PeerId> targets) {
        Rpc rpc = new Rpc();
        rpc.idontwant.add(id);
        byte[] encoded = PubsubCodec.encode(rpc);
        for (PeerId target : targets) {
            PubsubPeer peer = links.get(target);
            if (peer != null && peer.knowsDontWant) {
                peer.outbox.send(encoded);
            }
        }
    }

    /** Peers that another one names: only with a signed record, or if they are known here. */
    private void connect(List<Rpc.Exchanged> exchanged) {
        for (Rpc.Exchanged named : exchanged) {
            try {
                PeerId peer = PeerId.fromBytes(named.peerId());
                if (links.get(peer) != null || peer.equals(host.peerId())) {
                    continue;
                }
                if (exchangedInHeartbeat == EXCHANGED_PER_HEARTBEAT_MAX) {
                    return;
                }
                exchangedInHeartbeat++;
                connect(peer, named.signedRecord());
            } catch (FormatException e) {
                // Not a peer, or a forged record: nothing to connect to.
            }
        }
    }

    private void connect(PeerId peer, byte[] signedRecord) throws FormatException {
        if (signedRecord.length > 0) {
            PeerRecord opened = PeerRecord.open(signedRecord);
            if (!opened.peer().equals(peer)
                    || !host.addressBook().addSigned(opened, EXCHANGED_LIFE)) {
                return;
            }
        }
        if (!host.addressBook().addresses(peer).isEmpty()) {
            host.connect(peer);
        }
    }
}
