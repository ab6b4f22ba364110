package io.beemesh.machine.registry;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.registry.link.RegistryLinks;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.machine.registry.replica.Transport;
import io.beemesh.protocol.registry.RegistryCodec;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.random.RandomGenerator;

/** Registries of several nodes on virtual time, a simulated network and simulated disks. */
public final class SimulatedMesh {
    private static final Duration FORCE_MAX = Duration.ofMillis(4);
    private static final double FAST_MAX = 0.02;
    private static final int AHEAD_MILLIS_MAX = 5_000;

    public final Simulation simulation;
    public final SimulatedNetwork network;
    public final List<MeshNode> nodes = new ArrayList<>();
    private final RegistryConfig config;
    private final Rules rules;
    /** What the registries of all nodes sent, if it is counted. */
    boolean counting;
    private boolean skewed;
    long messages;
    long bytes;
    /** Whether the first node cannot be reached from the second, as membership sees it. */
    public BiPredicate<PeerId, PeerId> cut = (to, from) -> false;
    /** So long a node takes messages before its registry starts. */
    Duration late = Duration.ZERO;
    /** Which messages never arrive at a node. */
    BiPredicate<PeerId, RegistryMessage> lost = (to, message) -> false;

    public SimulatedMesh(Simulation simulation, NetworkConditions conditions, RegistryConfig config,
            Rules rules) {
        this.simulation = simulation;
        this.network = new SimulatedNetwork(simulation, conditions);
        this.config = config;
        this.rules = rules;
    }

    /** The clock of each node runs up to {@value #FAST_MAX} too fast or too slow, and shows a time of its own. */
    SimulatedMesh withSkewedClocks() {
        skewed = true;
        return this;
    }

    /** Nodes that know of each other from the start. */
    public SimulatedMesh withNodes(int count) {
        for (int i = 0; i < count; i++) {
            nodes.add(new MeshNode(network.newHost()));
        }
        nodes.forEach(MeshNode::start);
        return this;
    }

    /** A node that the others learn of now. */
    MeshNode join() {
        return join(List.of());
    }

    /** A node that those who are {@code ignorant} do not learn of now, and that has not heard of them. */
    MeshNode join(List<MeshNode> ignorant) {
        MeshNode node = new MeshNode(network.newHost());
        node.joining = true;
        node.unknown = ignorant;
        ignorant.forEach(other -> {
            other.unknown = new ArrayList<>(other.unknown);
            other.unknown.add(node);
        });
        nodes.add(node);
        node.start();
        nodes.forEach(MeshNode::membersChanged);
        return node;
    }

    /** How a slot is at each node, for failures. */
    String describe(int slot) {
        StringBuilder text = new StringBuilder();
        for (MeshNode node : nodes) {
            text.append("\n").append(nodes.indexOf(node)).append(' ')
                    .append(node.registry().describe(slot));
        }
        for (MeshNode node : nodes) {
            String all = text.toString().replace(node.id.toString(),
                    "n" + nodes.indexOf(node));
            text = new StringBuilder(all);
        }
        return text.toString();
    }

    /** One node: a life after another on one disk. */
    public final class MeshNode implements Members {
        private final PeerId id;
        private SimulatedHost host;
        private SimulatedStorage storage;
        private List<Runnable> listeners = new ArrayList<>();
        private boolean up;
        /** Lets a test have slots moved away from this node. */
        boolean wanted = true;
        private boolean joining;
        private boolean left;
        /** Of whom this node has not heard yet. */
        List<MeshNode> unknown = List.of();
        /** Whether this node was not told of those that left. */
        boolean uninformed;
        final List<NodeRegistry> lives = new ArrayList<>();
        int life;

        private final double rate;
        private final Duration ahead;

        private MeshNode(SimulatedHost host) {
            this.host = host;
            this.id = host.peerId();
            RandomGenerator clocks = simulation.newRandom();
            this.rate = skewed ? 1 + FAST_MAX * (2 * clocks.nextDouble() - 1) : 1;
            this.ahead = Duration.ofMillis(skewed ? clocks.nextInt(AHEAD_MILLIS_MAX) : 0);
            this.storage = new SimulatedStorage(host.loop(), simulation.newRandom(), FORCE_MAX,
                    false);
        }

        private void start() {
            listeners = new ArrayList<>();
            up = true;
            host.loop().skew(rate, ahead);
            for (MeshNode other : nodes) {
                if (other != this) {
                    host.addressBook().add(other.id, other.host.listenAddresses(),
                            Duration.ofDays(1));
                    other.host.addressBook().add(id, host.listenAddresses(),
                            Duration.ofDays(1));
                }
            }
            RegistryLinks links = new RegistryLinks(host, this);
            RandomGenerator random = simulation.newRandom();
            try {
                NodeRegistry opened = NodeRegistry.open(host.loop(),
                        new Mesh(this, SlotHomes.NONE, new Counted(links), random, rules), storage,
                        config);
                lives.add(opened);
                host.loop().run(() -> {
                    links.start(new RegistryLinks.Receiver() {
                        @Override
                        public void onMessage(PeerId from, RegistryMessage message)
                                throws RegistryException {
                            opened.onMessage(from, message);
                        }

                        @Override
                        public void onConnected(PeerId peer) {
                            opened.onConnected(peer);
                        }
                    });
                    if (late.isZero()) {
                        opened.start();
                    } else {
                        host.loop().schedule(late, opened::start);
                    }
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** This node hears of another now. */
        void hearsOf(MeshNode other) {
            unknown = unknown.stream().filter(n -> n != other).toList();
            membersChanged();
        }

        private void membersChanged() {
            if (up) {
                host.loop().run(() -> List.copyOf(listeners).forEach(Runnable::run));
            }
        }

        /** The power is cut. */
        public void crash() {
            up = false;
            network.crash(host);
        }

        /** The process is killed. */
        public void kill() {
            up = false;
            network.stop(host);
        }

        /** Goes in order, after its slots have; it keeps its certificate. */
        void leave() {
            left = true;
            nodes.forEach(MeshNode::membersChanged);
            kill();
        }

        /** Comes back with what its disk kept. */
        public void restart() {
            life++;
            host = network.newHost(id);
            storage = storage.crash(host.loop());
            start();
        }

        /** Comes back with an empty disk. */
        void restartEmpty() {
            life++;
            host = network.newHost(id);
            storage = new SimulatedStorage(host.loop(), simulation.newRandom(), FORCE_MAX, true);
            start();
        }

        public boolean isUp() {
            return up;
        }

        public Host host() {
            return host;
        }

        SimulatedStorage storage() {
            return storage;
        }

        public NodeRegistry registry() {
            return lives.getLast();
        }

        public void run(Runnable task) {
            host.loop().run(task);
        }

        @Override
        public PeerId self() {
            return id;
        }

        @Override
        public List<PeerId> everyone() {
            return nodes.stream().filter(n -> !n.left || uninformed)
                    .filter(n -> !unknown.contains(n)).map(n -> n.id).sorted().toList();
        }

        @Override
        public List<PeerId> closest(byte[] key, int count) {
            BigInteger place = new BigInteger(1, key);
            return nodes.stream().filter(n -> n.up && n.wanted).map(n -> n.id)
                    .sorted(Comparator.comparing((PeerId p) -> new BigInteger(1,
                            SlotMap.digest(p.toBytes())).xor(place)))
                    .limit(count).toList();
        }

        @Override
        public boolean isMember(PeerId peer) {
            return nodes.stream()
                    .anyMatch(n -> n.id.equals(peer) && !unknown.contains(n));
        }

        @Override
        public boolean isAlive(PeerId peer) {
            return nodes.stream().anyMatch(n -> n.up && n.id.equals(peer))
                    && !cut.test(peer, id);
        }

        @Override
        public boolean isNew() {
            return life == 0;
        }

        @Override
        public boolean isJoining() {
            return joining;
        }

        @Override
        public void joined() {
            joining = false;
        }

        @Override
        public void onChange(Runnable listener) {
            listeners.add(listener);
        }
    }

    /** Counts what is sent. */
    private final class Counted implements Transport {
        private final Transport links;

        private Counted(Transport links) {
            this.links = links;
        }

        @Override
        public void send(PeerId to, RegistryMessage message) {
            if (counting) {
                messages++;
                bytes += RegistryCodec.encode(message).length;
            }
            if (!lost.test(to, message)) {
                links.send(to, message);
            }
        }

        @Override
        public void renew(PeerId peer) {
            links.renew(peer);
        }
    }
}
