package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.protocol.sidecar.Fence;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.Gate;
import io.beemesh.sidecar.stateful.ReplicatedLog.Settled;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Three voters of a set, the pod that takes the place of the last one, and a client of both, on virtual time. Their
 * log is one entry that changes the voters, which the first proposes as Raft does. Each of the two pods sends a
 * byte to the client every 50 ms; what the client passes on is written down.
 */
final class FencedSet {
    static final int HOLDER = 2;
    static final int SUCCESSOR = 3;
    static final int CLIENT = 4;
    private static final Duration EMIT = Duration.ofMillis(50);
    private static final List<PeerId> PEERS = IntStream.rangeClosed(0, SUCCESSOR)
            .mapToObj(pod -> PrivateKey.generate(new SecureRandom()).peerId()).toList();
    private static final Settled BEFORE = settled(1, 0, 1, HOLDER);
    private static final Settled AFTER = settled(2, 0, 1, SUCCESSOR);

    final Simulation simulation;
    final List<SimulatedLoop> loops = new ArrayList<>();
    /** Who is on the other side of a partition. */
    final Set<Integer> away = new HashSet<>();
    /** The pods whose bytes the client passed on, in order. */
    final List<Integer> passed = new ArrayList<>();
    final List<Client> clients = new ArrayList<>();
    private final List<Pod> pods = new ArrayList<>();
    private final RandomGenerator random;
    private final FenceTiming timing;
    private final boolean challenges;

    /**
     * @param timing of the pods' leases
     * @param challenges false: the client believes whatever comes
     */
    FencedSet(long seed, FenceTiming timing, boolean challenges) {
        this.simulation = new Simulation(seed);
        this.random = simulation.newRandom();
        this.timing = timing;
        this.challenges = challenges;
        for (int i = 0; i <= CLIENT; i++) {
            SimulatedLoop loop = simulation.newLoop();
            loop.skew(1 + (random.nextDouble() - 0.5) / 50, Duration.ZERO);
            loops.add(loop);
        }
        for (int i = 0; i <= SUCCESSOR; i++) {
            pods.add(new Pod(i));
        }
        for (Pod pod : pods) {
            loops.get(pod.number).execute(pod::tick);
        }
        clients.add(new Client(HOLDER));
        clients.add(new Client(SUCCESSOR));
        pods.get(HOLDER).emit();
        pods.get(SUCCESSOR).emit();
    }

    private static Settled settled(long index, int... pods) {
        Set<Voter> voters = new LinkedHashSet<>();
        for (int pod : pods) {
            voters.add(new Voter(Math.min(pod, HOLDER), PEERS.get(pod)));
        }
        return new Settled(0, index, voters);
    }

    /** Proposes that the successor has the last ordinal. */
    void replace() {
        loops.getFirst().execute(pods.getFirst()::propose);
    }

    long passedOf(int pod) {
        return passed.stream().filter(each -> each == pod).count();
    }

    /** True if a byte of the former pod was passed on behind one of its successor. */
    boolean staleCounted() {
        int first = passed.indexOf(SUCCESSOR);
        return first >= 0 && passed.lastIndexOf(HOLDER) > first;
    }

    private void send(int from, int to, Runnable message) {
        if (away.contains(from) == away.contains(to)) {
            simulation.newLoop().schedule(Duration.ofMillis(1 + random.nextInt(30)), () -> {
                if (away.contains(from) == away.contains(to)) {
                    loops.get(to).run(message);
                }
            });
        }
    }

    /** One pod of the set. */
    private final class Pod {
        private final int number;
        private final Lease lease;
        private final Challenges answers;
        private Optional<Settled> latest;
        private boolean committed = true;
        private int agreed;

        Pod(int number) {
            this.number = number;
            this.latest = number == SUCCESSOR ? Optional.empty() : Optional.of(BEFORE);
            this.lease = new Lease(loops.get(number), timing, PEERS.get(number),
                    new PeerLink() {
                        @Override
                        public CompletableFuture<byte[]> ask(PeerId peer, byte[] question,
                                Duration limit) {
                            return Pod.this.ask(PEERS.indexOf(peer), question);
                        }

                        @Override
                        public void serve(Responder responder) {
                            throw new UnsupportedOperationException();
                        }
                    }, this::settled);
            this.answers = new Challenges(lease);
        }

        private Optional<Settled> settled() {
            return committed ? latest : Optional.empty();
        }

        private CompletableFuture<byte[]> ask(int to, byte[] question) {
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            send(number, to, () -> {
                byte[] vote = Lease.vote(pods.get(to).settled(), PEERS.get(number), question);
                send(to, number, () -> answer.complete(vote));
            });
            return answer;
        }

        private void tick() {
            loops.get(number).schedule(Duration.ofMillis(250), this::tick);
            lease.observe();
            if (number == 0 && !committed) {
                propose();
            }
        }

        /** As the leader: sends the entry to the former voters; again until two of the three have it. */
        private void propose() {
            if (committed && latest.orElseThrow().equals(AFTER)) {
                return;
            }
            latest = Optional.of(AFTER);
            committed = false;
            agreed = 1;
            for (int other = 1; other <= HOLDER; other++) {
                int to = other;
                send(0, to, () -> {
                    pods.get(to).append();
                    send(to, 0, pods.getFirst()::agree);
                });
            }
        }

        private void append() {
            if (!latest.orElseThrow().equals(AFTER)) {
                latest = Optional.of(AFTER);
                committed = false;
            }
        }

        private void agree() {
            if (++agreed == 2 && !committed) {
                committed = true;
                tell();
            }
        }

        /** Until the others know that it is committed. */
        private void tell() {
            for (int other : new int[]{1, SUCCESSOR}) {
                send(0, other, () -> {
                    pods.get(other).latest = Optional.of(AFTER);
                    pods.get(other).committed = true;
                });
            }
            loops.getFirst().schedule(Duration.ofMillis(250), this::tell);
        }

        /** The application has something to say, all the time. */
        private void emit() {
            loops.get(number).schedule(EMIT, this::emit);
            send(number, CLIENT, () -> clients.get(number - HOLDER).take());
        }

        private void challenge(long challenge) {
            send(CLIENT, number, () -> answers.challenge(challenge,
                    answer -> send(number, CLIENT, () -> clients.get(number - HOLDER)
                            .answered(answer.number(), answer.isHeld()))));
        }
    }

    /** The client's end of one pod's stream: keeps what it may not pass on. */
    final class Client implements Gate.Waiting {
        private final int pod;
        private final Fence fence;
        private final Queue<Integer> held = new ArrayDeque<>();
        private boolean lost;

        Client(int pod) {
            this.pod = pod;
            this.fence = new Fence(loops.get(CLIENT), FenceTiming.defaults(), random,
                    number -> pods.get(pod).challenge(number), () -> {
                    });
            fence.add(this);
        }

        boolean isLost() {
            return lost;
        }

        private void take() {
            if (!lost && held.size() < 100) {
                held.add(pod);
            }
            onOpen();
        }

        private void answered(long number, boolean isHeld) {
            if (isHeld) {
                fence.answered(number);
            } else {
                fence.lost();
            }
        }

        @Override
        public void onOpen() {
            while (!held.isEmpty() && (!challenges || fence.isOpen())) {
                passed.add(held.remove());
            }
        }

        @Override
        public void onLost() {
            lost = true;
            held.clear();
        }
    }
}
