package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Who gets which topic from me: the meshes of the topics I subscribe to, the fanouts of those I only publish to. */
final class Meshes {
    private static final int OPPORTUNISTIC_TICKS = 60;
    private static final int OPPORTUNISTIC_PEERS = 2;
    private static final Duration GRAFT_FLOOD = Duration.ofSeconds(10);
    private static final int FANOUTS_MAX = 1_024;

    private record Fanout(SequencedSet<PeerId> peers, long[] publishedNanos) {}

    private final Host host;
    private final Random random;
    private final GossipsubConfig config;
    private final PeerLinks links;
    private final PeerScore score;
    private final Map<String, TopicMesh> meshes = new TreeMap<>();
    private final Map<String, Fanout> fanouts = new LinkedHashMap<>();
    private final Map<PeerId, Rpc> pending = new LinkedHashMap<>();

    Meshes(Host host, RandomGenerator random, GossipsubConfig config, PeerLinks links,
            PeerScore score) {
        this.host = host;
        this.random = Random.from(random);
        this.config = config;
        this.links = links;
        this.score = score;
    }

    Collection<TopicMesh> all() {
        return meshes.values();
    }

    boolean isJoined(String topic) {
        return meshes.containsKey(topic);
    }

    /** Members of the mesh; empty if the topic is not joined. */
    List<PeerId> members(String topic) {
        TopicMesh mesh = meshes.get(topic);
        return mesh == null ? List.of() : List.copyOf(mesh.peers);
    }

    void join(String topic) {
        TopicMesh mesh = meshes.computeIfAbsent(topic, TopicMesh::new);
        Fanout fanout = fanouts.remove(topic);
        if (fanout != null) {
            fanout.peers.stream().filter(peer -> isUsable(mesh, peer)).limit(config.degree())
                    .forEach(peer -> graft(mesh, peer));
        }
        fill(mesh, config.degree());
        flush();
    }

    void leave(String topic) {
        TopicMesh mesh = meshes.remove(topic);
        if (mesh != null) {
            for (PeerId peer : mesh.peers) {
                score.pruned(peer, topic);
                pending(peer).prune.add(
                        new Rpc.Prune(topic, List.of(), config.unsubscribeBackoff().toSeconds()));
            }
            flush();
        }
    }

    private boolean isUsable(TopicMesh mesh, PeerId id) {
        PubsubPeer peer = links.get(id);
        return peer != null && peer.topics.contains(mesh.topic) && score.of(id) >= 0
                && !mesh.isInBackoff(id, host.loop().nanoTime());
    }

    private boolean isSubscribed(String topic, PeerId id) {
        PubsubPeer peer = links.get(id);
        return peer != null && peer.topics.contains(topic);
    }

    private void graft(TopicMesh mesh, PeerId peer) {
        if (mesh.peers.add(peer)) {
            score.grafted(peer, mesh.topic);
            pending(peer).graft.add(mesh.topic);
        }
    }

    private void prune(TopicMesh mesh, PeerId peer) {
        mesh.peers.remove(peer);
        score.pruned(peer, mesh.topic);
        sendPrune(mesh.topic, mesh, peer);
    }

    private void sendPrune(String topic, TopicMesh mesh, PeerId peer) {
        mesh.backoff(peer, host.loop().nanoTime() + config.pruneBackoff().toNanos());
        List<Rpc.Exchanged> exchanged = new ArrayList<>();
        if (config.exchangePeers() > 0 && score.of(peer) >= 0) {
            for (PeerId other : candidates(topic, config.exchangePeers(),
                    id -> !id.equals(peer) && score.of(id) >= 0)) {
                exchanged.add(new Rpc.Exchanged(other.toBytes(),
                        host.signedRecordOf(other)));
            }
        }
        pending(peer).prune.add(new Rpc.Prune(topic, exchanged, config.pruneBackoff().toSeconds()));
    }

    /** Up to {@code count} peers of the topic, at random. */
    List<PeerId> candidates(String topic, int count, Predicate<PeerId> wanted) {
        List<PeerId> found = new ArrayList<>();
        for (PubsubPeer peer : links.all()) {
            if (peer.topics.contains(topic) && wanted.test(peer.id)) {
                found.add(peer.id);
            }
        }
        Collections.shuffle(found, random);
        return found.size() <= count ? found : found.subList(0, count);
    }

    private void fill(TopicMesh mesh, int size) {
        int lacking = size - mesh.peers.size();
        if (lacking > 0) {
            candidates(mesh.topic, lacking, id -> !mesh.peers.contains(id) && isUsable(mesh, id))
                    .forEach(id -> graft(mesh, id));
        }
    }

    /** A peer wants me in its mesh. */
    void onGraft(PubsubPeer peer, String topic) {
        TopicMesh mesh = meshes.get(topic);
        if (mesh == null || mesh.peers.contains(peer.id)) {
            return;
        }
        long now = host.loop().nanoTime();
        if (mesh.isInBackoff(peer.id, now)) {
            boolean flood = mesh.isInBackoff(peer.id,
                    now + config.pruneBackoff().toNanos() - GRAFT_FLOOD.toNanos());
            score.misbehaved(peer.id, flood ? 2 : 1);
            sendPrune(topic, mesh, peer.id);
        } else if (score.of(peer.id) < 0
                || (mesh.peers.size() >= config.degreeHigh() && !peer.outbound)) {
            sendPrune(topic, mesh, peer.id);
        } else {
            mesh.peers.add(peer.id);
            score.grafted(peer.id, topic);
        }
        flush();
    }

    /** A peer put me out of its mesh; false if it was not in mine. */
    boolean onPrune(PubsubPeer peer, Rpc.Prune prune) {
        TopicMesh mesh = meshes.get(prune.topic());
        boolean wasMember = mesh != null && mesh.peers.remove(peer.id);
        if (wasMember) {
            score.pruned(peer.id, prune.topic());
        }
        if (mesh != null) {
            long seconds = prune.backoffSeconds() == 0
                    ? config.pruneBackoff().toSeconds()
                    : Math.min(prune.backoffSeconds(), Duration.ofHours(1).toSeconds());
            mesh.backoff(peer.id, host.loop().nanoTime() + Duration.ofSeconds(seconds).toNanos());
        }
        return wasMember;
    }

    void onUnsubscribe(PubsubPeer peer, String topic) {
        TopicMesh mesh = meshes.get(topic);
        if (mesh != null && mesh.peers.remove(peer.id)) {
            score.pruned(peer.id, topic);
        }
        Fanout fanout = fanouts.get(topic);
        if (fanout != null) {
            fanout.peers.remove(peer.id);
        }
    }

    void onGone(PubsubPeer peer) {
        meshes.values().forEach(mesh -> mesh.peers.remove(peer.id));
        fanouts.values().forEach(fanout -> fanout.peers.remove(peer.id));
        pending.remove(peer.id);
    }

    /** What a peer must be told after its stream was opened again: in which of my meshes it is. */
    void regraft(PubsubPeer peer, Rpc rpc) {
        meshes.values().stream().filter(mesh -> mesh.peers.contains(peer.id))
                .forEach(mesh -> rpc.graft.add(mesh.topic));
    }

    /** Where a message of the topic goes that is published without a subscription. */
    List<PeerId> fanout(String topic) {
        if (fanouts.size() >= FANOUTS_MAX && !fanouts.containsKey(topic)) {
            return candidates(topic, config.degree(), this::isPublishable);
        }
        Fanout fanout = fanouts.computeIfAbsent(topic,
                name -> new Fanout(new LinkedHashSet<>(), new long[1]));
        fanout.publishedNanos[0] = host.loop().nanoTime();
        fillFanout(topic, fanout);
        return List.copyOf(fanout.peers);
    }

    boolean isPublishable(PeerId peer) {
        return score.of(peer) >= config.score().publishThreshold();
    }

    private void fillFanout(String topic, Fanout fanout) {
        int lacking = config.degree() - fanout.peers.size();
        fanout.peers.addAll(candidates(topic, Math.max(0, lacking),
                id -> !fanout.peers.contains(id) && isPublishable(id)));
    }

    void heartbeat(long tick) {
        long now = host.loop().nanoTime();
        for (TopicMesh mesh : meshes.values()) {
            mesh.dropBackoffs(now);
            List.copyOf(mesh.peers).stream()
                    .filter(peer -> score.of(peer) < 0 || !isSubscribed(mesh.topic, peer))
                    .forEach(peer -> prune(mesh, peer));
            if (mesh.peers.size() < config.degreeLow()) {
                fill(mesh, config.degree());
            }
            if (mesh.peers.size() > config.degreeHigh()) {
                cut(mesh);
            }
            graftOutbound(mesh);
            if (tick % OPPORTUNISTIC_TICKS == 0 && mesh.peers.size() > 1) {
                graftBetter(mesh);
            }
        }
        fanouts.values()
                .removeIf(fanout -> now - fanout.publishedNanos[0] > config.fanoutLife().toNanos());
        fanouts.forEach((topic, fanout) -> {
            fanout.peers.removeIf(peer -> !isPublishable(peer));
            fillFanout(topic, fanout);
        });
        flush();
    }

    private boolean isOutbound(PeerId id) {
        PubsubPeer peer = links.get(id);
        return peer != null && peer.outbound;
    }

    private void graftOutbound(TopicMesh mesh) {
        long outbound = mesh.peers.stream().filter(this::isOutbound).count();
        if (mesh.peers.size() >= config.degreeLow() && outbound < config.degreeOut()) {
            candidates(mesh.topic, (int) (config.degreeOut() - outbound),
                    id -> isOutbound(id) && !mesh.peers.contains(id) && isUsable(mesh, id))
                    .forEach(id -> graft(mesh, id));
        }
    }

    /** Keeps the best, and of the others at random, but first those that make up D_out. */
    private void cut(TopicMesh mesh) {
        List<PeerId> members = new ArrayList<>(mesh.peers);
        Collections.shuffle(members, random);
        members.sort(Comparator.comparingDouble(score::of).reversed());
        List<PeerId> others = new ArrayList<>(
                members.subList(config.degreeScore(), members.size()));
        Collections.shuffle(others, random);
        long lacking = config.degreeOut() - members.subList(0, config.degreeScore()).stream()
                .filter(this::isOutbound).count();
        List<PeerId> preferred = others.stream().filter(this::isOutbound)
                .limit(Math.max(0, lacking)).toList();
        others.removeAll(preferred);
        others.addAll(0, preferred);
        others.subList(config.degree() - config.degreeScore(), others.size())
                .forEach(peer -> prune(mesh, peer));
    }

    private void graftBetter(TopicMesh mesh) {
        List<Double> scores = mesh.peers.stream().map(score::of).sorted().toList();
        double median = scores.get(scores.size() / 2);
        if (median < config.score().opportunisticThreshold()) {
            candidates(mesh.topic, OPPORTUNISTIC_PEERS,
                    id -> !mesh.peers.contains(id) && isUsable(mesh, id) && score.of(id) > median)
                    .forEach(id -> graft(mesh, id));
        }
    }

    private Rpc pending(PeerId peer) {
        return pending.computeIfAbsent(peer, id -> new Rpc());
    }

    /** Sends the grafts and prunes that came together. */
    private void flush() {
        pending.forEach((id, rpc) -> {
            PubsubPeer peer = links.get(id);
            if (peer != null) {
                RpcParts.encode(rpc).forEach(peer.outbox::send);
            }
        });
        pending.clear();
    }
}
