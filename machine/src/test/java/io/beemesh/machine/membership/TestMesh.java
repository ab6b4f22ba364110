package io.beemesh.machine.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.pubsub.MessageValidator.Verdict;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.protocol.membership.MemberRecord;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import io.beemesh.protocol.membership.MeshId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** Members on a simulated network, with the real gate, detector and streams; the lane is a lossy broadcast. */
final class TestMesh {
    final Simulation simulation;
    final SimulatedNetwork network;
    final PrivateKey root;
    final MeshId mesh;
    final List<Node> nodes = new ArrayList<>();
    double loss;
    private final RandomGenerator random;
    private final MembershipConfig config;
    private int keys;

    TestMesh(long seed) {
        this(seed, MembershipConfig.lan());
    }

    TestMesh(long seed, MembershipConfig config) {
        this.config = config;
        this.simulation = new Simulation(seed);
        this.network = new SimulatedNetwork(simulation, NetworkConditions.lan());
        this.random = simulation.newRandom();
        this.root = newKey();
        this.mesh = new MeshId(root.peerId());
    }

    PrivateKey newKey() {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        random.nextBytes(seed);
        return PrivateKey.fromSeed(seed);
    }

    MembershipCertificate certificate(PrivateKey signer, PeerId peer, Duration life) {
        Instant from = simulation.wallTime().minus(Duration.ofMinutes(10));
        return MembershipCertificate.issue(signer,
                new MembershipCertificate.Fields(new MeshId(signer.peerId()), peer,
                        "node-" + keys++, Role.MEMBER, from,
                        simulation.wallTime().plus(life)));
    }

    /** A node that is running, or was. */
    final class Node implements Lane {
        final SimulatedHost host;
        final Credentials credentials;
        final CertificateGate gate;
        final Membership membership;
        final Map<String, byte[]> files;
        private Listener listener = (author, source, message) -> Verdict.IGNORE;

        Node(PeerId peer, MembershipCertificate certificate, Map<String, byte[]> files) {
            this.files = files;
            this.host = network.newHost(peer);
            this.credentials = new Credentials(certificate, simulation::wallTime);
            this.gate = new CertificateGate(host, credentials);
            this.membership = new Membership(new Membership.Parts(gate, credentials, this,
                    (name, content) -> {
                        files.put(name, content);
                        return CompletableFuture.allOf();
                    }, simulation.newRandom(), config, false, false));
        }

        PeerId id() {
            return host.peerId();
        }

        void start(List<MemberRecord> known) {
            host.loop().run(() -> {
                gate.start();
                membership.start(known);
            });
        }

        MemberRecord record() {
            return new MemberRecord(credentials.own().toBytes(), host.listenAddresses());
        }

        /** As this node sees {@code other}. */
        MemberState sees(Node other) {
            return membership.snapshot().stream().filter(m -> m.peer().equals(other.id()))
                    .map(MemberStatus::state).findFirst().orElse(MemberState.UNHEARD);
        }

        /** What this node says to a message of the lane. */
        Verdict hears(PeerId author, byte[] message) {
            List<Verdict> verdict = new ArrayList<>();
            host.loop().run(
                    () -> verdict.add(listener.onMessage(author, author, message)));
            return verdict.getFirst();
        }

        @Override
        public void publish(byte[] message) {
            for (Node other : nodes) {
                if (other != this && random.nextDouble() >= loss && !blocked(this, other)) {
                    Duration delay = Duration.ofNanos(1_000_000L + random.nextInt(20_000_000));
                    other.host.loop().schedule(delay,
                            () -> other.listener.onMessage(id(), id(), message));
                }
            }
        }

        @Override
        public void listen(Listener newListener) {
            listener = newListener;
        }
    }

    private final Map<Node, Integer> sides = new HashMap<>();

    private boolean blocked(Node a, Node b) {
        return !sides.getOrDefault(a, 0).equals(sides.getOrDefault(b, 0));
    }

    /** Cuts {@code others} off from the rest. */
    void cut(List<Node> others) {
        others.forEach(node -> sides.put(node, 1));
        List<SimulatedHost> hosts = others.stream().map(node -> node.host).toList();
        network.partition((from, to) -> hosts.contains(from) != hosts.contains(to));
    }

    void heal() {
        sides.clear();
        network.heal();
    }

    Node add() {
        PeerId peer = newKey().peerId();
        Node node = new Node(peer, certificate(root, peer, Duration.ofDays(90)), new HashMap<>());
        List<MemberRecord> known = nodes.isEmpty()
                ? List.of()
                : List.of(nodes.get(random.nextInt(nodes.size())).record());
        nodes.add(node);
        node.start(known);
        return node;
    }

    /** Ends a node at once. */
    void crash(Node node) {
        network.crash(node.host);
        nodes.remove(node);
    }

    /** The same machine again, with what it had on disk. */
    Node restart(Node old) {
        Node node = new Node(old.id(), old.credentials.own(), old.files);
        nodes.add(node);
        try {
            node.start(MemberRecord
                    .listFromBytes(old.files.getOrDefault(MembershipStore.MEMBERS, new byte[0])));
        } catch (FormatException e) {
            throw new AssertionError(e);
        }
        return node;
    }

    void run(Duration time) {
        simulation.run(time);
    }

    /** True if every running node sees {@code node} in that state. */
    boolean allSee(Node node, MemberState state) {
        return nodes.stream().filter(other -> other != node)
                .allMatch(other -> other.sees(node) == state);
    }

    boolean allAlive() {
        return nodes.stream().allMatch(node -> allSee(node, MemberState.ALIVE));
    }
}
