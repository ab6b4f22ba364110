package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;

/** The lazy half: tells peers outside the mesh what there is, asks for what is missing, and answers. */
final class Gossip {
    static final int IHAVE_PER_HEARTBEAT_MAX = 10;
    static final int IDS_PER_HEARTBEAT_MAX = 5_000;
    static final int GIVEN_TIMES_MAX = 3;
    static final int PROMISES_MAX = 16_384;
    static final int IDS_TOLD_MAX = 5_000;

    private static final Duration PROMISE = Duration.ofSeconds(3);

    private record Promise(PeerId peer, long untilNanos) {}

    private final Host host;
    private final Random random;
    private final GossipsubConfig config;
    private final Meshes meshes;
    private final PeerLinks links;
    private final PeerScore score;
    private final MessageCache cache;
    private final SeenCache seen;
    private final SequencedMap<MessageId, Promise> promises = new LinkedHashMap<>();

    /** What it shares with the router. */
    record Shared(PeerLinks links, PeerScore score, MessageCache cache, SeenCache seen) {}

    Gossip(Host host, RandomGenerator random, GossipsubConfig config, Meshes meshes,
            Shared shared) {
        this.host = host;
        this.random = Random.from(random);
        this.config = config;
        this.meshes = meshes;
        this.links = shared.links();
        this.score = shared.score();
        this.cache = shared.cache();
        this.seen = shared.seen();
    }

    private boolean isTrusted(PeerId peer) {
        return score.of(peer) >= config.score().gossipThreshold();
    }

    void onIHave(PubsubPeer peer, List<Rpc.IHave> told) {
        if (told.isEmpty() || !isTrusted(peer.id)
                || ++peer.ihaveReceived > IHAVE_PER_HEARTBEAT_MAX) {
            return;
        }
        long now = host.loop().nanoTime();
        List<MessageId> wanted = new ArrayList<>();
        for (Rpc.IHave ihave : told) {
            if (meshes.isJoined(ihave.topic())) {
                ihave.ids().stream().filter(id -> !seen.contains(id) && !isPromised(id, now))
                        .forEach(wanted::add);
            }
        }
        Collections.shuffle(wanted, random);
        int count = Math.min(wanted.size(), IDS_PER_HEARTBEAT_MAX - peer.idsAsked);
        if (count <= 0) {
            return;
        }
        peer.idsAsked += count;
        Rpc rpc = new Rpc();
        for (MessageId id : wanted.subList(0, count)) {
            rpc.iwant.add(id);
            promises.put(id, new Promise(peer.id, now + PROMISE.toNanos()));
            if (promises.size() > PROMISES_MAX) {
                promises.pollFirstEntry();
            }
        }
        RpcParts.encode(rpc).forEach(peer.outbox::send);
    }

    /** Asked for already, lately enough that it may still come. */
    private boolean isPromised(MessageId id, long nowNanos) {
        Promise promise = promises.get(id);
        return promise != null
                && promise.untilNanos - nowNanos > PROMISE.toNanos() - config.heartbeat().toNanos();
    }

    void onIWant(PubsubPeer peer, List<MessageId> ids) {
        if (!isTrusted(peer.id)) {
            return;
        }
        for (MessageId id : ids) {
            WireMessage message = peer.dontWant.containsKey(id)
                    ? null
                    : cache.give(id, peer.id, GIVEN_TIMES_MAX);
            if (message != null) {
                peer.outbox.offer(PubsubCodec.encode(Rpc.of(message)));
            }
        }
    }

    /** The message came, so whoever promised it is free. */
    void fulfilled(MessageId id) {
        promises.remove(id);
    }

    void heartbeat() {
        blameBrokenPromises();
        Map<PeerId, Rpc> toTell = new LinkedHashMap<>();
        for (TopicMesh mesh : meshes.all()) {
            List<MessageId> ids = cache.recent(mesh.topic);
            if (ids.isEmpty()) {
                continue;
            }
            List<PeerId> outside = meshes.candidates(mesh.topic, Integer.MAX_VALUE,
                    peer -> !mesh.peers.contains(peer) && isTrusted(peer));
            int count = Math.max(config.degreeLazy(),
                    (int) (config.gossipFactor() * outside.size()));
            for (PeerId peer : outside.subList(0, Math.min(count, outside.size()))) {
                List<MessageId> told = new ArrayList<>(ids);
                Collections.shuffle(told, random);
                toTell.computeIfAbsent(peer, id -> new Rpc()).ihave.add(new Rpc.IHave(mesh.topic,
                        told.subList(0, Math.min(told.size(), IDS_TOLD_MAX))));
            }
        }
        toTell.forEach((id, rpc) -> {
            PubsubPeer peer = links.get(id);
            if (peer != null) {
                // Of more a peer takes no notice.
                RpcParts.encode(rpc).stream().limit(IHAVE_PER_HEARTBEAT_MAX)
                        .forEach(peer.outbox::offer);
            }
        });
        cache.shift();
        seen.dropExpired();
    }

    private void blameBrokenPromises() {
        long now = host.loop().nanoTime();
        Map<PeerId, Integer> broken = new LinkedHashMap<>();
        promises.values().removeIf(promise -> {
            boolean over = promise.untilNanos - now <= 0;
            if (over) {
                broken.merge(promise.peer, 1, Integer::sum);
            }
            return over;
        });
        broken.keySet().forEach(peer -> score.misbehaved(peer, 1));
    }
}
