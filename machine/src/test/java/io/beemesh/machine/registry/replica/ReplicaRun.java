package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.protocol.registry.RegistryMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.random.RandomGenerator;

/**
 * One slot on five nodes without anything above it, from one seed: messages that are lost, overtaken and late by
 * seconds, which no real stream is, parted nodes, crashes after each of which the node is back at once, disks that
 * lose what was not forced or take seconds for it, one that loses all, nodes that stand still, and homes that are to be elsewhere. Checked after each step: one
 * primary a term; nobody commits while a primary of a former term has a lease; what is committed at one node is
 * the same at each, and stays; a new home has what was committed before it counts; all go on once all is well.
 */
final class ReplicaRun {
    static final int SLOT = 7;
    private static final int NODES = 5;
    private static final int HOMES = 3;
    private static final int STEPS = 1_500;
    private static final Duration CALM = Duration.ofSeconds(20);

    final Simulation simulation;
    final Rules rules;
    final RandomGenerator random;
    final List<ReplicaNode> nodes = new ArrayList<>();
    private final SimulatedLoop network;
    private final List<PeerId> everyone = new ArrayList<>();
    private final Map<Long, PeerId> primaries = new HashMap<>();
    private final TreeMap<Long, Entry> committed = new TreeMap<>();
    /** Whether two nodes do not reach each other. */
    private BiPredicate<PeerId, PeerId> cut = (from, to) -> false;
    private int lossPercent;
    private List<PeerId> wanted;
    private boolean diskLost;
    /** Nobody writes: only then a node that was cut off has all that the others have. */
    private boolean quiet;
    /** No entries come through but so many: a primary has some that nobody else has. */
    private boolean appendsLost;
    private int appendsThrough;
    private int proposed;

    ReplicaRun(long seed, Rules rules) {
        this.simulation = new Simulation(seed);
        this.rules = rules;
        this.random = simulation.newRandom();
        this.network = simulation.newLoop();
        this.lossPercent = random.nextInt(20);
        for (int i = 0; i < NODES; i++) {
            byte[] key = new byte[32];
            random.nextBytes(key);
            everyone.add(ReplicaNode.id(key));
        }
        Collections.sort(everyone);
        this.wanted = everyone.subList(0, HOMES);
        everyone.forEach(id -> nodes.add(new ReplicaNode(this, id)));
        nodes.forEach(ReplicaNode::start);
    }

    List<PeerId> everyone() {
        return everyone;
    }

    /** Who founds the slot. */
    HomeSet founders() {
        return new HomeSet(everyone().subList(0, HOMES));
    }

    void run() {
        for (int step = 0; step < STEPS; step++) {
            fault();
            act();
            simulation.run(Duration.ofMillis(1 + random.nextInt(40)));
            check();
        }
        cut = (from, to) -> false;
        appendsLost = false;
        lossPercent = 0;
        simulation.run(CALM);
        check();
        long last = committed.isEmpty() ? 0 : committed.lastKey();
        ReplicaNode primary = nodes.stream().filter(n -> n.replica().hasLease()).findFirst()
                .orElseThrow(() -> new AssertionError("nobody leads when all is well: " + this));
        primary.propose("the last");
        simulation.run(Duration.ofSeconds(5));
        check();
        for (ReplicaNode node : nodes) {
            if (node.replica().committed().sequence() <= last) {
                throw new AssertionError(node + " is behind when all is well: " + this);
            }
        }
    }

    private void fault() {
        ReplicaNode node = nodes.get(random.nextInt(NODES));
        switch (random.nextInt(120)) {
            case 0, 1 -> node.crash();
            case 2 -> nodes.forEach(n -> {
                if (random.nextBoolean()) {
                    n.crash();
                }
            });
            case 3 -> {
                if (!diskLost && !committed.isEmpty()) {
                    loseDisk(node);
                }
            }
            case 4 -> {
                List<PeerId> side = everyone().stream().filter(n -> random.nextBoolean()).toList();
                cut = (from, to) -> side.contains(from) != side.contains(to);
            }
            case 5 -> {
                // All others reach these two.
                List<PeerId> two = List.of(node.id, everyone().get(random.nextInt(NODES)));
                cut = (from, to) -> two.contains(from) && two.contains(to);
            }
            case 6 -> {
                cut = (from, to) -> false;
                appendsLost = false;
            }
            case 7 -> quiet = !quiet;
            case 9 -> fleetingPrimaries();
            case 10 -> doNotHearEachOther();
            case 12, 13 -> node.stall(Duration.ofMillis(random.nextInt(3_000)));
            case 14 -> node.pause(Duration.ofMillis(random.nextInt(3_000)));
            case 8 -> {
                List<PeerId> rest = new ArrayList<>(everyone());
                wanted = new ArrayList<>();
                while (wanted.size() < HOMES) {
                    wanted.add(rest.remove(random.nextInt(rest.size())));
                }
            }
            default -> {
                // Nothing happens.
            }
        }
    }

    /** A node loses its disk when one that lags could take its word for all that there is. */
    private void loseDisk(ReplicaNode node) {
        Optional<ReplicaNode> primary = nodes.stream()
                .filter(n -> n != node && n.replica().hasLease()).findFirst();
        if (primary.isEmpty()) {
            return;
        }
        diskLost = true;
        PeerId lagging = nodes.stream().map(n -> n.id)
                .filter(n -> !n.equals(node.id) && !n.equals(primary.get().id)
                        && primary.get().replica().homes().contains(n))
                .findFirst().orElse(node.id);
        cut = (from, to) -> lagging.equals(from) != lagging.equals(to);
        for (int i = random.nextInt(20); i > 0; i--) {
            act();
            simulation.run(Duration.ofMillis(20));
        }
        node.loseDisk();
        simulation.run(Duration.ofMillis(random.nextInt(300)));
        PeerId leader = primary.get().id;
        cut = (from, to) -> leader.equals(from) != leader.equals(to);
    }

    /** A home that has all that there is hears nothing of its primary, which the others follow. */
    private void doNotHearEachOther() {
        Optional<ReplicaNode> primary = nodes.stream().filter(n -> n.replica().hasLease())
                .findFirst();
        if (primary.isEmpty()) {
            return;
        }
        PeerId leader = primary.get().id;
        PeerId other = everyone.stream().filter(n -> !n.equals(leader)
                && primary.get().replica().homes().contains(n)).findFirst().orElse(leader);
        quiet = true;
        cut = (from, to) -> false;
        pass(Duration.ofMillis(600));
        cut = (from, to) -> (from.equals(leader) && to.equals(other))
                || (from.equals(other) && to.equals(leader));
        pass(Duration.ofSeconds(3));
    }

    /**
     * One has an entry alone, another leads meanwhile, and the first again for long enough to give its entry to a
     * majority (figure 3.7 of the thesis).
     */
    private void fleetingPrimaries() {
        Optional<ReplicaNode> primary = nodes.stream().filter(n -> n.replica().hasLease())
                .findFirst();
        if (primary.isEmpty()) {
            return;
        }
        ReplicaNode first = primary.get();
        quiet = true;
        cut = (from, to) -> false;
        pass(Duration.ofMillis(600));
        if (first.replica().role() != Role.PRIMARY || first.replica().isHandingOver()) {
            return;
        }
        appendsLost = true;
        appendsThrough = 0;
        first.propose("alone " + proposed++ + ".".repeat(80));
        pass(Duration.ofMillis(100));
        cutOff(first.id);
        pass(Duration.ofSeconds(3));
        Optional<ReplicaNode> second = nodes.stream().filter(n -> n != first
                && n.replica().role() == Role.PRIMARY).findFirst();
        if (second.isPresent()) {
            cutOff(second.get().id);
            for (int i = 0; i < 200 && !first.replica().isLed(); i++) {
                pass(Duration.ofMillis(20));
            }
            appendsThrough = 2;
            pass(Duration.ofMillis(800));
            cutOff(first.id);
            appendsLost = false;
            pass(Duration.ofSeconds(3));
        }
    }

    private void cutOff(PeerId one) {
        cut = (from, to) -> from.equals(one) != to.equals(one);
    }

    private void pass(Duration time) {
        long end = simulation.nanoTime() + time.toNanos();
        while (simulation.nanoTime() < end) {
            simulation.run(Duration.ofMillis(20));
            check();
        }
    }

    private void act() {
        for (ReplicaNode node : quiet ? List.<ReplicaNode>of() : nodes) {
            if (node.replica().role() == Role.PRIMARY && !node.replica().isHandingOver()) {
                if (random.nextInt(3) == 0) {
                    node.propose("write " + proposed++ + ".".repeat(random.nextInt(100)));
                }
                if (random.nextInt(4) == 0) {
                    node.balance(wanted);
                }
            }
        }
    }

    /** How long a message takes, or that it is lost. */
    Duration delay(PeerId from, PeerId to, RegistryMessage message) {
        if (cut.test(from, to) || random.nextInt(100) < lossPercent || (appendsLost
                && message instanceof RegistryMessage.Append append && !append.lines().isEmpty()
                && --appendsThrough < 0)) {
            return Duration.ZERO;
        }
        return random.nextInt(30) == 0
                ? Duration.ofMillis(1 + random.nextInt(3_000))
                : Duration.ofMillis(1 + random.nextInt(10));
    }

    /** What is done outside of any node. */
    void later(Duration delay, Runnable task) {
        network.schedule(delay, task);
    }

    private void check() {
        for (ReplicaNode node : nodes) {
            if (node.replica().role() == Role.PRIMARY) {
                PeerId other = primaries.putIfAbsent(node.replica().term(), node.id);
                if (other != null && !other.equals(node.id)) {
                    throw new AssertionError(
                            "two primaries of term " + node.replica().term() + ": " + this);
                }
            }
        }
    }

    /** A node learns that entries are committed. */
    void committed(ReplicaNode node, List<Entry> entries) {
        for (Entry entry : entries) {
            Entry before = committed.putIfAbsent(entry.sequence(), entry);
            if (before != null && (before.term() != entry.term()
                    || !text(before).equals(text(entry)))) {
                throw new AssertionError("committed as " + before.position() + " "
                        + text(before) + " and " + entry.position() + " " + text(entry));
            }
        }
        Replica replica = node.replica();
        if (replica.role() == Role.PRIMARY) {
            nodes.stream().filter(n -> n != node && n.replica().hasLease()
                    && n.replica().term() < replica.term()).findFirst().ifPresent(n -> {
                        throw new AssertionError("committed while a primary of a former term "
                                + "has a lease: " + this);
                    });
        }
    }

    /** A primary lets others decide. */
    void homesChange(Replica primary, HomeSet homes) {
        for (ReplicaNode node : nodes) {
            if (homes.contains(node.id) && !primary.homes().contains(node.id)
                    && node.forced() < primary.committed().sequence() && !node.hasLostItsDisk()) {
                throw new AssertionError("a new home lacks what is committed: " + this);
            }
        }
    }

    private static String text(Entry entry) {
        return new String(entry.payload(), StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        nodes.forEach(n -> text.append("\n").append(n.replica()));
        return text.toString();
    }
}
