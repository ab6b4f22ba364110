package io.beemesh.machine.membership;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.membership.LaneMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Tells the dead from the silent, in the manner of SWIM with Lifeguard's local health.
 *
 * <p>1. Every member hears every other's heartbeats by gossip. 2. Who misses them probes: itself first,
 * then through {@link MembershipConfig#probeHelpers} others. The members closest to the silent one do so
 * first, others later, so that one silence does not make a storm. 3. Without an answer it says so in the
 * lane; the accused answers with a heartbeat, which ends it. 4. Else it is dead when its {@link
 * Suspicion} ends. 5. An observer that was itself away (its timer came late: SIGSTOP, a long pause of the
 * collector, suspend) takes the time that it missed off everybody's silence, and trusts itself less for a
 * while. On the loop only.
 */
final class FailureDetector {
    private static final Duration TICK = Duration.ofMillis(250);
    /** A timer is late beyond this: the node was not running. */
    private static final Duration LATE = Duration.ofMillis(750);
    private static final int WATCHERS = 3;
    private static final int CONFIRMATIONS_WANTED = 2;

    private final Loop loop;
    private final RandomGenerator random;
    private final MembershipConfig config;
    private final MemberTable table;
    private final PeerId self;
    private final Prober prober;
    private final Consumer<LaneMessage> gossip;
    private final Consumer<PeerId> lost;
    private final LocalHealth health;
    private Loop.@Nullable Timer timer;
    private long lastTickNanos;

    /** Asks others whether somebody is there; futures complete on the loop. */
    interface Prober {
        /** True if the peer answered in time. */
        CompletableFuture<Boolean> direct(PeerId peer, Duration limit);

        /** What {@code helper} found out; exceptionally if the helper itself did not answer. */
        CompletableFuture<Boolean> through(PeerId helper, PeerId peer, Duration limit);
    }

    /**
     * @param gossip says something in the lane
     * @param lost told of each member that is held for dead from now on
     */
    FailureDetector(Loop loop, RandomGenerator random, MembershipConfig config, MemberTable table,
            PeerId self, Prober prober, Consumer<LaneMessage> gossip, Consumer<PeerId> lost) {
        this.loop = loop;
        this.random = random;
        this.config = config;
        this.table = table;
        this.self = self;
        this.prober = prober;
        this.gossip = gossip;
        this.lost = lost;
        this.health = new LocalHealth(config.healthMax());
    }

    void start() {
        lastTickNanos = loop.nanoTime();
        plan();
    }

    void close() {
        Loop.Timer planned = timer;
        if (planned != null) {
            planned.cancel();
        }
    }

    int healthScore() {
        return health.score();
    }

    private void plan() {
        timer = loop.schedule(TICK, () -> {
            plan();
            tick();
        });
    }

    private void tick() {
        long now = loop.nanoTime();
        long missed = now - lastTickNanos - TICK.toNanos();
        lastTickNanos = now;
        if (missed > LATE.toNanos()) {
            excuse(missed);
        }
        for (Member member : List.copyOf(table.all())) {
            if (member.id.equals(self)) {
                member.heardNanos = now;
                continue;
            }
            Suspicion suspicion = member.suspicion;
            if (member.state == MemberState.ALIVE && !member.probing
                    && now - member.heardNanos > patienceNanos(member)) {
                probe(member);
            } else if (member.state == MemberState.SUSPECT && suspicion != null
                    && now - suspicion.deadlineNanos(member.excusedNanos) >= 0) {
                member.suspicion = null;
                table.set(member, MemberState.DEAD);
                lost.accept(member.id);
            }
        }
    }

    private void excuse(long missed) {
        health.worse();
        for (Member member : table.all()) {
            member.heardNanos += missed;
            member.excusedNanos += missed;
        }
    }

    /** The closest to the silent member probe at once, each next three a heartbeat later. */
    private long patienceNanos(Member member) {
        long silence = config.silence().toNanos() * health.factor();
        if (loop.nanoTime() - member.heardNanos <= silence) {
            return silence;
        }
        int rank = 0;
        Member me = table.get(self);
        for (Member other : table.all()) {
            if (me != null && other != member && other.state == MemberState.ALIVE
                    && other.compareDistance(me, member.key) < 0) {
                rank++;
            }
        }
        int turn = Math.min(4, rank / WATCHERS);
        return silence + config.heartbeat().toNanos() * turn;
    }

    /** The connection to it broke: reason enough to ask. */
    void onDisconnected(PeerId peer) {
        Member member = table.get(peer);
        if (member != null && member.state == MemberState.ALIVE && !member.probing) {
            probe(member);
        }
    }

    private void probe(Member member) {
        member.probing = true;
        Duration limit = config.probeTimeout().multipliedBy(health.factor());
        prober.direct(member.id, limit).whenComplete((there, failure) -> {
            if (failure == null && there) {
                health.better();
                answered(member);
            } else {
                probeThrough(member, limit);
            }
        });
    }

    private void probeThrough(Member member, Duration limit) {
        List<PeerId> helpers = helpers(member);
        if (helpers.isEmpty()) {
            unanswered(member, true);
            return;
        }
        int[] open = {helpers.size()};
        int[] words = {0};
        boolean[] found = {false};
        for (PeerId helper : helpers) {
            prober.through(helper, member.id, limit.multipliedBy(2))
                    .whenComplete((there, failure) -> {
                        open[0]--;
                        words[0] += failure == null ? 1 : 0;
                        if (failure == null && there && !found[0]) {
                            found[0] = true;
                            answered(member);
                        } else if (open[0] == 0 && !found[0]) {
                            unanswered(member, words[0] > 0);
                        }
                    });
        }
    }

    private List<PeerId> helpers(Member member) {
        List<PeerId> candidates = new ArrayList<>();
        for (Member other : table.all()) {
            if (other != member && !other.id.equals(self) && other.state == MemberState.ALIVE) {
                candidates.add(other.id);
            }
        }
        List<PeerId> chosen = new ArrayList<>();
        while (chosen.size() < config.probeHelpers() && !candidates.isEmpty()) {
            chosen.add(candidates.remove(random.nextInt(candidates.size())));
        }
        return chosen;
    }

    private void answered(Member member) {
        member.probing = false;
        table.heard(member);
    }

    /** @param helped false if not even the helpers answered: then it is rather this node that is cut off */
    private void unanswered(Member member, boolean helped) {
        member.probing = false;
        if (!helped) {
            health.worse();
        }
        boolean silent = loop.nanoTime() - member.heardNanos > config.heartbeat().toNanos();
        if (member.state == MemberState.ALIVE && silent) {
            suspect(member, self);
            gossip.accept(new LaneMessage.Suspect(member.id, member.generation, member.sequence));
        } else if (member.state == MemberState.ALIVE) {
            // It was heard of a moment ago: ask again before saying anything.
            loop.schedule(config.heartbeat(), () -> {
                if (member.state == MemberState.ALIVE && !member.probing
                        && loop.nanoTime() - member.heardNanos > config.heartbeat().toNanos()) {
                    probe(member);
                }
            });
        }
    }

    /** Another member could not reach it. */
    void onSuspect(PeerId accuser, LaneMessage.Suspect message) {
        Member member = table.get(message.peer());
        boolean stale = member == null || member.generation > message.generation()
                || (member.generation == message.generation()
                        && member.sequence > message.sequence());
        if (member == null || stale || !member.isUp()) {
            return;
        }
        suspect(member, accuser);
    }

    /** This node is accused: something keeps it from being heard. */
    void onAccused() {
        health.worse();
    }

    private void suspect(Member member, PeerId accuser) {
        Suspicion suspicion = member.suspicion;
        if (suspicion == null) {
            int members = table.upCount();
            double scale = Math.max(1, Math.log10(members));
            long min = Math.round(config.suspicionMin().toNanos() * scale) * health.factor();
            int wanted = Math.clamp(members - 3, 0, CONFIRMATIONS_WANTED);
            suspicion = new Suspicion(loop.nanoTime(), min, min * config.suspicionMaxFactor(),
                    wanted);
            member.suspicion = suspicion;
            member.excusedNanos = 0;
            table.set(member, MemberState.SUSPECT);
        }
        suspicion.accuse(accuser);
    }
}
