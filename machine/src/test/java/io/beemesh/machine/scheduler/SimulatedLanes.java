package io.beemesh.machine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.protocol.scheduling.Award;
import io.beemesh.protocol.scheduling.Bid;
import io.beemesh.protocol.scheduling.LaneSummary;
import io.beemesh.protocol.scheduling.SchedulingTask;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/** Machines in lanes with the real bidders and homes, over messages that take a millisecond, or are lost. */
final class SimulatedLanes {
    final Simulation simulation;
    final List<Machine> machines = new ArrayList<>();
    final Map<PeerId, Machine> byId = new HashMap<>();
    private final Map<String, List<Machine>> byLane = new HashMap<>();
    /** Pods that are bound, by uid; the machine where they are. */
    final Map<String, Machine> bound = new HashMap<>();
    final Set<String> unplaced = new HashSet<>();
    /** Why those are not bound. */
    final List<String> reasons = new ArrayList<>();
    /** How long each pod waited for a machine, in nanoseconds. */
    final List<Long> waits = new ArrayList<>();
    double loss;
    long messages;
    long lost;
    long refusals;
    private final RandomGenerator random;
    private final int lanes;

    /** @param lanes a power of two */
    SimulatedLanes(long seed, int lanes) {
        this.simulation = new Simulation(seed);
        this.random = simulation.newRandom();
        this.lanes = lanes;
    }

    /** One machine: judge of its own room, and home of what it is asked to place. */
    final class Machine implements LaneMessages {
        final PeerId id;
        final String name;
        final String lane;
        final SimulatedLoop loop = simulation.newLoop();
        final LaneScheduler scheduler;
        final LaneTable table;
        final Reservations reservations = new Reservations(loop);
        final MachineRoom room;
        final Bidder bidder;
        NodeView node;
        boolean up = true;

        Machine(String name, String lane, NodeView node) {
            byte[] seed = new byte[PrivateKey.SEED_BYTES];
            random.nextBytes(seed);
            this.id = PrivateKey.fromSeed(seed).peerId();
            this.name = name;
            this.lane = lane;
            this.node = node;
            this.room = new MachineRoom(
                    () -> new Surroundings(List.of(this.node), key -> Optional.empty()),
                    reservations);
            this.bidder = new Bidder(room, this);
            this.table = new LaneTable(loop, simulation.newRandom(), lane);
            this.scheduler = new LaneScheduler(loop, simulation.newRandom(), table, this);
        }

        private void send(Machine to, Runnable receive) {
            messages++;
            if (!to.up || random.nextDouble() < loss) {
                lost++;
                return;
            }
            to.loop.schedule(Duration.ofNanos(800_000 + random.nextInt(400_000)), receive);
        }

        @Override
        public void publish(String wanted, SchedulingTask task) {
            for (Machine other : byLane.getOrDefault(wanted, List.of())) {
                send(other, () -> other.onTask(id, task));
            }
        }

        private void onTask(PeerId home, SchedulingTask task) {
            try {
                bidder.onTask(home, task);
            } catch (FormatException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void bid(PeerId home, Bid bid) {
            Machine to = at(home);
            send(to, () -> to.scheduler.onBid(id, reread(bid)));
        }

        @Override
        public CompletableFuture<Award.Answer> award(PeerId machine, Award award) {
            CompletableFuture<Award.Answer> result = new CompletableFuture<>();
            loop.schedule(Duration.ofSeconds(2), () -> result
                    .completeExceptionally(new TimeoutException("no answer to an award")));
            Machine to = at(machine);
            send(to, () -> {
                try {
                    Award.Answer answer = to.room.onAward(Award.fromBytes(award.toBytes()));
                    refusals += award.uids().size() - answer.accepted();
                    to.checkRoom();
                    to.send(this, () -> result.complete(answer));
                } catch (FormatException e) {
                    throw new AssertionError(e);
                }
            });
            return result;
        }

        private Bid reread(Bid bid) {
            try {
                return Bid.fromBytes(bid.toBytes());
            } catch (FormatException e) {
                throw new AssertionError(e);
            }
        }

        /** Asks this machine, as their home, to place pods; bindings reach their machines by and by. */
        void place(PodView pod, List<String> uids) {
            byte[] template = TaskPod.toBytes(pod).orElseThrow();
            long start = simulation.nanoTime();
            scheduler.place(pod, template, uids, (uid, where) -> {
                Machine target = at(where);
                assertThat(bound.put(uid, target)).as("%s is bound once", uid).isNull();
                waits.add(simulation.nanoTime() - start);
                target.loop.schedule(Duration.ofMillis(1 + random.nextInt(50)),
                        () -> target.bind(pod, uid));
            }).thenAccept(outcome -> {
                unplaced.addAll(outcome.unplaced());
                reasons.addAll(outcome.reasons());
            });
        }

        private void bind(PodView pod, String uid) {
            try {
                node = node.with(
                        TaskPod.fromBytes(TaskPod.toBytes(pod).orElseThrow(), uid).on(name));
            } catch (FormatException e) {
                throw new AssertionError(e);
            }
            reservations.release(uid);
            checkRoom();
        }

        /** I7, computed anew: what is bound and what is kept never exceeds the machine. */
        void checkRoom() {
            Map<String, Long> used = new HashMap<>();
            Set<String> uids = new HashSet<>();
            for (PodView pod : node.pods()) {
                if (uids.add(pod.uid())) {
                    pod.requests().forEach((what, much) -> used.merge(what, much, Long::sum));
                }
            }
            for (PodView pod : reservations.pods()) {
                if (uids.add(pod.uid())) {
                    pod.requests().forEach((what, much) -> used.merge(what, much, Long::sum));
                }
            }
            used.forEach((what, much) -> assertThat(much)
                    .as("%s of %s", what, name)
                    .isLessThanOrEqualTo(node.allocatable().getOrDefault(what, 0L)));
            assertThat(uids.size()).isLessThanOrEqualTo(
                    node.allocatable().getOrDefault("pods", 0L).intValue());
        }
    }

    /** All machines tell their lane what they have left; the first of each lane tells the others. */
    void tell() {
        Set<String> told = new HashSet<>();
        for (Machine machine : machines) {
            LaneSummary own = reread(LaneTable.of(machine.lane, machine.node));
            byLane.getOrDefault(machine.lane, List.of())
                    .forEach(other -> other.table.onMember(machine.id, own));
        }
        for (Machine machine : machines) {
            if (told.add(machine.lane)) {
                LaneSummary summary = reread(machine.table.summary());
                machines.forEach(other -> other.table.onLane(summary));
            }
        }
    }

    /** Lets time pass, with lanes telling what they have left as often as they do. */
    void run(Duration time) {
        long end = simulation.nanoTime() + time.toNanos();
        while (simulation.nanoTime() < end) {
            tell();
            simulation.run(Duration.ofNanos(
                    Math.min(end - simulation.nanoTime(), LaneTable.EVERY.toNanos())));
        }
    }

    private static LaneSummary reread(LaneSummary summary) {
        try {
            return LaneSummary.fromBytes(summary.toBytes());
        } catch (FormatException e) {
            throw new AssertionError(e);
        }
    }

    private Machine at(PeerId id) {
        return Objects.requireNonNull(byId.get(id));
    }

    private String laneOf(int place) {
        StringBuilder bits = new StringBuilder();
        for (int i = 1; i < lanes; i *= 2) {
            bits.append((place & i) == 0 ? '0' : '1');
        }
        return bits.toString();
    }

    Machine add(String cpu, int pods, String zone) {
        String name = "m" + machines.size();
        String lane = laneOf(machines.size());
        ApiObject object = new ApiObject(Json.parseOwn("""
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s","labels":{
                  "kubernetes.io/hostname":"%s","topology.kubernetes.io/zone":"%s"}},
                 "spec":{},"status":{"allocatable":{"cpu":"%s","memory":"64Gi","pods":"%d"}}}"""
                .formatted(name, name, zone, cpu, pods).getBytes(StandardCharsets.UTF_8)));
        Machine machine = new Machine(name, lane, NodeView.of(object, List.of()));
        machines.add(machine);
        byLane.computeIfAbsent(lane, key -> new ArrayList<>()).add(machine);
        byId.put(machine.id, machine);
        return machine;
    }

    /** A pod that asks for {@code cpu} and has more in its spec. */
    static PodView pod(String cpu, String spec) {
        ObjectNode tree = Json.parseOwn("""
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"n",
                  "labels":{"app":"x"}},"spec":{%s"containers":[{"name":"c","image":"a",
                  "resources":{"requests":{"cpu":"%s"}}}]}}""".formatted(spec, cpu)
                .getBytes(StandardCharsets.UTF_8));
        return PodView.of(new ApiObject(tree));
    }

    static List<String> uids(String prefix, int count) {
        List<String> uids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            uids.add(prefix + "-" + i);
        }
        return uids;
    }

    Map<String, Integer> podsByMachine() {
        Map<String, Integer> counts = new HashMap<>();
        bound.values().forEach(machine -> counts.merge(machine.name, 1, Integer::sum));
        return counts;
    }
}
