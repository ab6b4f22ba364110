package io.beemesh.machine.siblings;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.protocol.scheduling.TaskId;
import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneTask;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import io.beemesh.protocol.siblings.Presence;
import io.beemesh.protocol.siblings.Presence.Replica;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The replicas of one owner as this machine sees them, and its tasks for those that are missed. */
final class OwnerWatch {
    private static final Logger LOG = LoggerFactory.getLogger(OwnerWatch.class);

    /** A sidecar that was gone for so long is missed. One that only restarts is back, or its machine's word saves it. */
    static final Duration SUSPICION = Duration.ofMillis(300);
    /** Between one machine's turn to ask and the next one's. */
    static final Duration TURN = Duration.ofMillis(300);
    /** Said again, in case a message was lost. */
    static final Duration REFRESH = Duration.ofSeconds(30);
    private static final Duration PUBLISH_MIN = Duration.ofMillis(100);
    private static final Duration GREETING_MAX = Duration.ofMillis(500);
    private static final Duration RETRY_MIN = Duration.ofMillis(250);
    private static final int DOUBLINGS_MAX = 5;
    /** After that the owner's controller has to see to it. */
    private static final int TRIES_MAX = 40;
    static final int MACHINES_MAX = 1024;
    /** Replicas of others that are remembered. */
    static final int REPLICAS_MAX = 10_000;

    private final Loop loop;
    private final RandomGenerator random;
    private final PeerId self;
    private final Owner owner;
    private final SelfCloner.Siblings siblings;
    private final CloneMeters meters;
    private final long generation;
    private final OwnReplicas own = new OwnReplicas(this::changed);
    private final TreeMap<PeerId, Presence> others = new TreeMap<>();
    /** By index the highest incarnation that needs no clone any more. */
    private final TreeMap<Integer, Long> settled = new TreeMap<>();
    private final TreeMap<Integer, Pending> pending = new TreeMap<>();
    private long sequence;
    private int told;
    private boolean publishing;
    private Loop.@Nullable Timer refresh;
    private boolean closed;

    /** A replica that is missed. */
    private static final class Pending {
        private final long incarnation;
        private int tries;
        private boolean asking;
        private Loop.@Nullable Timer timer;

        Pending(long incarnation) {
            this.incarnation = incarnation;
        }

        void cancel() {
            Loop.Timer planned = timer;
            if (planned != null) {
                planned.cancel();
            }
        }
    }

    OwnerWatch(Loop loop, RandomGenerator random, PeerId self, Owner owner,
            SelfCloner.Siblings siblings, CloneMeters meters, long generation) {
        this.loop = loop;
        this.random = random;
        this.self = self;
        this.owner = owner;
        this.siblings = siblings;
        this.meters = meters;
        this.generation = generation;
        planRefresh();
    }

    Owner owner() {
        return owner;
    }

    OwnReplicas own() {
        return own;
    }

    // Presence.

    private void changed() {
        planPublish(PUBLISH_MIN);
        look();
    }

    private void planPublish(Duration delay) {
        if (!publishing && !closed) {
            publishing = true;
            loop.schedule(delay, () -> {
                publishing = false;
                publish();
            });
        }
    }

    private void publish() {
        if (!closed) {
            siblings.publish(owner, new Presence(generation, ++sequence, own.list()));
        }
    }

    private void planRefresh() {
        long jitter = random.nextLong(REFRESH.toNanos() / 2);
        refresh = loop.schedule(REFRESH.minusNanos(jitter), () -> {
            publish();
            planRefresh();
        });
    }

    /** False if it is not news. */
    boolean heard(PeerId machine, Presence presence) {
        Presence before = others.get(machine);
        if (before != null && (presence.generation() < before.generation()
                || (presence.generation() == before.generation()
                        && presence.sequence() <= before.sequence()))) {
            return false;
        }
        int count = told + presence.replicas().size()
                - (before == null ? 0 : before.replicas().size());
        if (count > REPLICAS_MAX || (before == null && others.size() >= MACHINES_MAX)) {
            return false;
        }
        told = count;
        others.put(machine, presence);
        if (before == null) {
            // It has not heard of this machine's either.
            planPublish(Duration.ofNanos(1 + random.nextLong(GREETING_MAX.toNanos())));
        }
        look();
        return true;
    }

    // Who is missed.

    /** Compares what is there with what was. */
    void look() {
        forgetSettled();
        TreeMap<Integer, Long> missed = new TreeMap<>();
        TreeMap<Integer, Boolean> silent = new TreeMap<>();
        boolean alive = false;
        for (Replica replica : own.list()) {
            alive |= !replica.isMissing();
            if (replica.isMissing()) {
                miss(missed, silent, replica, false);
            } else {
                there(replica);
            }
        }
        for (Map.Entry<PeerId, Presence> other : others.entrySet()) {
            boolean lost = siblings.isLost(other.getKey());
            for (Replica replica : other.getValue().replicas()) {
                if (lost || replica.isMissing()) {
                    miss(missed, silent, replica, lost);
                } else {
                    there(replica);
                }
            }
        }
        if (!missed.isEmpty()) {
            siblings.ledger(owner).ifPresent(this::settle);
            missed.entrySet().removeIf(m -> isSettled(m.getKey(), m.getValue()));
        }
        if (!alive || closed) {
            // Nobody here is a sibling any more.
            missed.clear();
        }
        pending.entrySet().removeIf(entry -> {
            boolean over = !Long.valueOf(entry.getValue().incarnation)
                    .equals(missed.get(entry.getKey()));
            if (over) {
                entry.getValue().cancel();
            }
            return over;
        });
        missed.forEach((index, incarnation) -> {
            if (!pending.containsKey(index)) {
                Pending task = new Pending(incarnation);
                pending.put(index, task);
                Duration suspicion = Boolean.TRUE.equals(silent.get(index))
                        ? Duration.ZERO
                        : SUSPICION;
                plan(index, task, suspicion.plus(TURN.multipliedBy(turn(index, incarnation))));
            }
        });
    }

    /** Membership has waited already before it held a machine for dead. */
    private static void miss(Map<Integer, Long> missed, Map<Integer, Boolean> silent,
            Replica replica, boolean machineLost) {
        long known = missed.getOrDefault(replica.index(), 0L);
        if (replica.incarnation() > known) {
            missed.put(replica.index(), replica.incarnation());
            silent.put(replica.index(), machineLost);
        }
    }

    /** An incarnation that is there settles those before it. */
    private void there(Replica replica) {
        settled.merge(replica.index(), replica.incarnation() - 1, Math::max);
    }

    private void settle(Ledger ledger) {
        ledger.places().forEach(
                (index, place) -> settled.merge(index, place.incarnation() - 1, Math::max));
    }

    private boolean isSettled(int index, long incarnation) {
        return settled.getOrDefault(index, 0L) >= incarnation;
    }

    /** What a dead machine had and is replaced need not be kept. */
    private void forgetSettled() {
        others.entrySet().removeIf(other -> {
            List<Replica> replicas = other.getValue().replicas();
            boolean over = siblings.isLost(other.getKey()) && replicas.stream()
                    .allMatch(replica -> isSettled(replica.index(), replica.incarnation()));
            if (over) {
                told -= replicas.size();
            }
            return over;
        });
        if (settled.size() > REPLICAS_MAX) {
            settled.clear();
        }
    }

    /** How many machines with a living sibling come before this one for a replica. */
    private int turn(int index, long incarnation) {
        long mine = rank(self, index, incarnation);
        int before = 0;
        for (Map.Entry<PeerId, Presence> other : others.entrySet()) {
            boolean alive = !siblings.isLost(other.getKey()) && other.getValue().replicas()
                    .stream().anyMatch(replica -> !replica.isMissing());
            if (alive && rank(other.getKey(), index, incarnation) < mine) {
                before++;
            }
        }
        return before;
    }

    /** The same on all machines, and of no order between replicas (SplitMix64's finisher). */
    private long rank(PeerId machine, int index, long incarnation) {
        long mixed = 31L * (31L * machine.hashCode() + owner.uid().hashCode()) + index
                + (incarnation << 32);
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    // Tasks.

    private void plan(int index, Pending task, Duration delay) {
        task.timer = loop.schedule(delay, () -> ask(index, task));
    }

    private void ask(int index, Pending task) {
        if (pending.get(index) != task || task.asking) {
            return;
        }
        CloneTask request = new CloneTask(TaskId.random(random), owner, index, task.incarnation);
        if (task.tries++ == 0) {
            meters.published().increment();
            LOG.info("Published clone task {} for {}", request.id(), owner);
        }
        task.asking = true;
        CompletableFuture.completedFuture(request).thenCompose(siblings::replace)
                .exceptionally(failure -> {
                    LOG.warn("Clone task failed id={} workload={} reason=\"{}\"", request.id(),
                            owner,
                            failure.getMessage());
                    return CloneAnswer.of(CloneAnswer.Kind.UNAVAILABLE);
                }).thenAccept(answer -> {
                    task.asking = false;
                    onAnswer(index, task, answer);
                });
    }

    private void onAnswer(int index, Pending task, CloneAnswer answer) {
        LOG.debug("Clone task answered workload={} index={} incarnation={} answer={}", owner,
                index, task.incarnation, answer);
        switch (answer.kind()) {
            case REPLACED -> over(index, task, Math.max(task.incarnation,
                    answer.incarnation() - 1));
            case SUPERSEDED -> {
                meters.duplicates().increment();
                over(index, task, Math.max(task.incarnation, answer.incarnation() - 1));
            }
            case NOT_WANTED -> over(index, task, task.incarnation);
            case VETOED -> {
                if (task.tries == 1) {
                    meters.vetoed().increment();
                }
                again(index, task);
            }
            case NOT_PRIMARY, UNAVAILABLE -> again(index, task);
        }
    }

    private void over(int index, Pending task, long incarnation) {
        settled.merge(index, incarnation, Math::max);
        if (pending.get(index) == task) {
            pending.remove(index);
        }
    }

    private void again(int index, Pending task) {
        if (pending.get(index) != task || task.tries >= TRIES_MAX) {
            return;
        }
        Duration delay = RETRY_MIN
                .multipliedBy(1L << Math.min(task.tries - 1, DOUBLINGS_MAX));
        plan(index, task, delay.plusNanos(random.nextLong(delay.toNanos())));
    }

    /** The last pod here said goodbye; so does this machine. */
    void close() {
        Optional.ofNullable(refresh).ifPresent(Loop.Timer::cancel);
        pending.values().forEach(Pending::cancel);
        pending.clear();
        publish();
        closed = true;
    }
}
