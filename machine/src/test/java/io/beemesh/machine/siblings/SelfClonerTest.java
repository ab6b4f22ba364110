package io.beemesh.machine.siblings;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneAnswer.Kind;
import io.beemesh.protocol.siblings.CloneTask;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import io.beemesh.protocol.siblings.Presence;
import io.beemesh.protocol.siblings.Presence.Replica;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** One machine that has replica 0; another says what it has. */
final class SelfClonerTest {
    private static final Owner OWNER = new Owner("replicasets", "default", "web", "owner-uid");

    private final Simulation simulation = new Simulation(7);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.lan());
    private final PeerId self = network.newHost().peerId();
    private final PeerId other = network.newHost().peerId();
    private final SimulatedLoop loop = simulation.newLoop();
    private final Set<PeerId> lost = new HashSet<>();
    private final List<Presence> published = new ArrayList<>();
    private final List<CloneTask> tasks = new ArrayList<>();
    private final ArrayDeque<CloneAnswer> answers = new ArrayDeque<>();
    private final Set<String> followed = new HashSet<>();
    private Optional<Ledger> ledger = Optional.empty();
    private boolean isBroken;
    private final CloneMeters meters = CloneMeters.of(new Meters());
    private final SelfCloner cloner = new SelfCloner(loop, simulation.newRandom(), self,
            new Mesh(), meters);

    private final class Mesh implements SelfCloner.Siblings {
        @Override
        public void follow(Owner owner, boolean follow) {
            if (follow) {
                followed.add(owner.uid());
            } else {
                followed.remove(owner.uid());
            }
        }

        @Override
        public void publish(Owner owner, Presence presence) {
            published.add(presence);
        }

        @Override
        public boolean isLost(PeerId machine) {
            return lost.contains(machine);
        }

        @Override
        public CompletableFuture<CloneAnswer> replace(CloneTask task) {
            tasks.add(task);
            if (isBroken) {
                throw new IllegalStateException("of a test");
            }
            return CompletableFuture.completedFuture(
                    answers.isEmpty() ? CloneAnswer.of(Kind.UNAVAILABLE) : answers.remove());
        }

        @Override
        public Optional<Ledger> ledger(Owner owner) {
            return ledger;
        }
    }

    private void here(String uid, int index) {
        loop.run(() -> cloner.here(uid, OWNER, index, 1));
    }

    private boolean says(long sequence, Replica... replicas) {
        boolean[] taken = {false};
        loop.run(() -> taken[0] = cloner.heard(OWNER.uid(), other,
                new Presence(1, sequence, List.of(replicas))));
        return taken[0];
    }

    private void run(Duration time) {
        simulation.run(time);
    }

    private static Replica alive(int index, long incarnation) {
        return new Replica(index, incarnation, false);
    }

    private static Replica missing(int index, long incarnation) {
        return new Replica(index, incarnation, true);
    }

    @Test
    void taskThatFails_isAskedForAgain() {
        here("a", 0);
        says(1, alive(1, 4));
        isBroken = true;
        lost.add(other);
        loop.run(cloner::machinesChanged);
        run(Duration.ofSeconds(5));
        assertThat(tasks).isNotEmpty();
        isBroken = false;
        answers.add(new CloneAnswer(Kind.REPLACED, 5));
        tasks.clear();
        run(Duration.ofSeconds(30));
        assertThat(tasks).isNotEmpty();
        assertThat(answers).isEmpty();
    }

    @Test
    void siblingOfADeadMachine_isAskedForOnce_andCounted() {
        here("a", 0);
        says(1, alive(1, 4));
        answers.add(new CloneAnswer(Kind.REPLACED, 5));
        lost.add(other);
        loop.run(cloner::machinesChanged);
        run(Duration.ofSeconds(30));
        assertThat(tasks).singleElement().satisfies(task -> {
            assertThat(task.owner()).isEqualTo(OWNER);
            assertThat(task.index()).isEqualTo(1);
            assertThat(task.incarnation()).isEqualTo(4);
        });
        assertThat(meters.published().value()).isOne();
        assertThat(meters.duplicates().value()).isZero();
    }

    @Test
    void sidecarThatIsBackWithinTheSuspicionTime_isNotMissed() {
        here("a", 0);
        says(1, alive(1, 1));
        says(2, missing(1, 1));
        run(OwnerWatch.SUSPICION.minusMillis(50));
        says(3, alive(1, 1));
        run(Duration.ofMinutes(2));
        assertThat(tasks).isEmpty();
        says(4, missing(1, 1));
        run(OwnerWatch.SUSPICION.plus(OwnerWatch.TURN).plusMillis(50));
        assertThat(tasks).isNotEmpty();
    }

    @Test
    void goodbye_isNoLoss() {
        here("a", 0);
        says(1, alive(1, 1), alive(2, 1));
        says(2, alive(2, 1));
        run(Duration.ofMinutes(2));
        assertThat(tasks).isEmpty();
    }

    @Test
    void ownSibling_isMissedToo_andItsGoodbyeEndsThat() {
        here("a", 0);
        here("b", 1);
        loop.run(() -> cloner.missing("b"));
        run(OwnerWatch.SUSPICION.plusMillis(50));
        assertThat(tasks).singleElement().extracting(CloneTask::index).isEqualTo(1);
        loop.run(() -> cloner.goodbye("b"));
        run(Duration.ofMinutes(5));
        int asked = tasks.size();
        run(Duration.ofMinutes(5));
        assertThat(tasks).hasSize(asked);
        assertThat(published.getLast().replicas()).containsExactly(alive(0, 1));
    }

    @Test
    void podThatNeverWasThere_isNotMissed() {
        here("a", 0);
        loop.run(() -> cloner.missing("never"));
        run(Duration.ofMinutes(1));
        assertThat(tasks).isEmpty();
    }

    @Test
    void noLivingSiblingHere_isSilent() {
        here("a", 0);
        says(1, alive(1, 1));
        loop.run(() -> cloner.missing("a"));
        lost.add(other);
        loop.run(cloner::machinesChanged);
        run(Duration.ofMinutes(1));
        assertThat(tasks).isEmpty();
    }

    @Test
    void ledgerWithTheNextIncarnation_endsTheTask() {
        here("a", 0);
        says(1, alive(1, 1));
        says(2, missing(1, 1));
        ledger = Optional.of(Ledger.empty(OWNER.uid()).fill(0, "x").fill(1, "p1").fill(1, "p2"));
        loop.run(() -> cloner.ledgerChanged(OWNER.uid()));
        run(Duration.ofMinutes(1));
        assertThat(tasks).isEmpty();
    }

    @Test
    void vetoed_isAskedAgainLater_andWhoWasFirstIsADuplicateAvoided() {
        here("a", 0);
        says(1, alive(1, 1));
        answers.add(CloneAnswer.of(Kind.VETOED));
        answers.add(CloneAnswer.of(Kind.UNAVAILABLE));
        answers.add(new CloneAnswer(Kind.SUPERSEDED, 2));
        says(2, missing(1, 1));
        run(Duration.ofMinutes(1));
        assertThat(tasks).hasSize(3);
        assertThat(meters.published().value()).isOne();
        assertThat(meters.vetoed().value()).isOne();
        assertThat(meters.duplicates().value()).isOne();
        says(3, missing(1, 1));
        run(Duration.ofMinutes(1));
        assertThat(tasks).as("incarnation 1 is settled").hasSize(3);
    }

    @Test
    void askedInVain_endsSomeTime() {
        here("a", 0);
        says(1, alive(1, 1));
        says(2, missing(1, 1));
        run(Duration.ofHours(1));
        int asked = tasks.size();
        run(Duration.ofHours(1));
        assertThat(tasks).hasSize(asked).hasSizeLessThan(60);
    }

    @Test
    void oldPresence_isNotTaken() {
        here("a", 0);
        assertThat(says(5, alive(1, 1))).isTrue();
        assertThat(says(5, missing(1, 1))).isFalse();
        assertThat(says(4, missing(1, 1))).isFalse();
        assertThat(says(6, alive(1, 1))).isTrue();
    }

    @Test
    void moreReplicasThanAreRemembered_areLeftOut() {
        here("a", 0);
        for (int machine = 0; machine < 12; machine++) {
            PeerId peer = network.newHost().peerId();
            Replica[] replicas = new Replica[Presence.REPLICAS_MAX];
            for (int i = 0; i < replicas.length; i++) {
                replicas[i] = alive(1 + machine * replicas.length + i, 1);
            }
            boolean[] taken = {false};
            loop.run(() -> taken[0] = cloner.heard(OWNER.uid(), peer,
                    new Presence(1, 1, List.of(replicas))));
            assertThat(taken[0]).isEqualTo(machine < 10);
        }
    }

    @Test
    void nothingChanges_nearlyNothingIsSaid() {
        here("a", 0);
        says(1, alive(1, 1));
        run(Duration.ofSeconds(2));
        published.clear();
        run(Duration.ofMinutes(10));
        assertThat(published.size()).isLessThanOrEqualTo(40);
    }

    @Test
    void lastPodGone_topicIsLeft_withAGoodbye() {
        here("a", 0);
        assertThat(followed).containsExactly(OWNER.uid());
        loop.run(() -> cloner.goodbye("a"));
        assertThat(followed).isEmpty();
        assertThat(published.getLast().replicas()).isEmpty();
        int said = published.size();
        run(Duration.ofMinutes(5));
        assertThat(published).hasSize(said);
    }
}
