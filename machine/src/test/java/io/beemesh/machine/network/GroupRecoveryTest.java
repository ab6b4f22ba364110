package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.network.GroupRecovery.Given;
import io.beemesh.machine.network.GroupRecovery.Outcome;
import io.beemesh.machine.network.GroupRecovery.Plan;
import io.beemesh.machine.network.GroupRecovery.Refusal;
import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupState.LogEnd;
import io.beemesh.protocol.sidecar.GroupState.Role;
import io.beemesh.protocol.sidecar.GroupView;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A set of three, each pod on a machine of its own, whose group began. */
final class GroupRecoveryTest {
    private final TestSet set = new TestSet(3);
    private final StatefulGroups machines = new StatefulGroups(set.loop(), set.registry(),
            gone -> {
            });
    private final List<String> noted = new ArrayList<>();
    private final GroupRecovery recovery = new GroupRecovery(set.loop(), set.registry(),
            (object, severity, reason, message, component) -> noted
                    .add(object.name() + " " + reason + ": " + message));
    private final Map<Integer, GroupView> views = new HashMap<>();
    private final Map<Integer, PeerId> peers = new HashMap<>();

    @BeforeEach
    void start() {
        set.on(machines::start);
    }

    /** The pod of an ordinal, on a machine that is Ready or not. */
    private void pod(int ordinal, boolean isReady) {
        set.node("n" + ordinal, isReady);
        ApiObject pod = set.pod(ordinal, "10.244.0." + ordinal);
        PeerId peer = PrivateKey.generate(new SecureRandom()).peerId();
        peers.put(ordinal, peer);
        set.on(() -> machines.put(pod, OwnerSet.of(pod).orElseThrow(), peer));
        set.on(() -> machines.attach("pod-" + ordinal, view -> views.put(ordinal, view)));
    }

    private void says(int ordinal, Role role, Optional<LogEnd> end) {
        set.on(() -> machines.report("pod-" + ordinal,
                new GroupState(role, 3, List.of(0, 1, 2), end)));
    }

    private static Optional<LogEnd> log(long term, long entries) {
        return Optional.of(new LogEnd(0, true, term, entries));
    }

    private Outcome begin(boolean isEmpty, Integer... lost) {
        List<Outcome> outcomes = new ArrayList<>();
        set.on(() -> recovery.begin("default", "db", new Given(isEmpty, Set.of(lost)))
                .thenAccept(outcomes::add));
        assertThat(outcomes).hasSize(1);
        return outcomes.getFirst();
    }

    private void refused(String why) {
        assertThat(begin(false)).isInstanceOfSatisfying(Refusal.class,
                refusal -> assertThat(refusal.reason()).contains(why));
        assertThat(noted).isEmpty();
        assertThat(views.values()).allMatch(view -> view.generation() == 0);
    }

    @Test
    void theOnlySurvivorBegins_andEverybodyIsTold() {
        pod(0, false);
        pod(1, true);
        pod(2, true);
        says(0, Role.LEADER, Optional.empty());
        says(1, Role.FENCED, log(3, 17));
        says(2, Role.FENCED, Optional.of(new LogEnd(0, false, 0, 0)));

        assertThat(begin(false)).isEqualTo(new Plan("db-1", 1, 3, 17, List.of("db-1"),
                List.of("db-0 (node n0 is not Ready)", "db-2 (it has no log of the group)")));
        assertThat(views.values()).allMatch(view -> view.generation() == 1);
        assertThat(views).hasEntrySatisfying(1, view -> assertThat(view.isFounder()).isTrue())
                .hasEntrySatisfying(0, view -> assertThat(view.isFounder()).isFalse());
        assertThat(noted).singleElement().asString()
                .contains("db GroupRecovered").contains("db-1 with 17 entries")
                .contains("db-0 (node n0");

        // They have not spoken since.
        assertThat(begin(false)).isInstanceOf(Refusal.class);
    }

    @Test
    void ofTwoSurvivors_theOneWithTheHigherTermBegins() {
        for (int i = 0; i < 5; i++) {
            pod(i, i < 2);
        }
        for (int i = 0; i < 2; i++) {
            int ordinal = i;
            set.on(() -> machines.report("pod-" + ordinal, new GroupState(Role.FENCED, 4,
                    List.of(0, 1, 2, 3, 4), log(4 - ordinal, 10 + 5L * ordinal))));
        }
        assertThat(begin(false)).isInstanceOfSatisfying(Plan.class, plan -> {
            assertThat(plan.founder()).isEqualTo("db-0");
            assertThat(plan.survivors()).containsExactly("db-0", "db-1");
            assertThat(plan.lost()).hasSize(3);
        });
    }

    @Test
    void refused_whileAMajorityIsAlive_orMayBe() {
        pod(0, true);
        pod(1, true);
        pod(2, false);
        refused("db-0 on node n0 has not said yet what it has");
        says(0, Role.LEADER, Optional.empty());
        says(1, Role.FOLLOWER, Optional.empty());
        refused("db-0 leads the group");
        says(0, Role.FENCED, Optional.empty());
        refused("has just heard of a leader");
        says(1, Role.FENCED, log(3, 17));
        refused("db-0 on node n0 has not said yet");
        says(0, Role.FENCED, log(3, 17));
        refused("2 of 3 voters are alive, db-0, db-1");
    }

    @Test
    void refused_whileAVoterThatIsWantedHasNoNode_unlessItIsSaidToBeLost() {
        pod(0, true);
        says(0, Role.FENCED, log(3, 17));
        refused("db-1 has no node yet, and may have a log");
        set.waitingPod(1);
        refused("db-1 has no node yet, and may have a log: wait, or say --lost 1");
        pod(2, false);
        assertThat(begin(false, 1)).isInstanceOfSatisfying(Plan.class,
                plan -> assertThat(plan.lost()).containsExactly("db-1 (it has no node)",
                        "db-2 (node n2 is not Ready)"));
    }

    @Test
    void podThatDoesNotSpeak_isNotWaitedFor_onceItIsSaidToBeLost() {
        pod(0, true);
        pod(1, true);
        pod(2, false);
        says(0, Role.FENCED, log(3, 17));
        refused("db-1 on node n1 has not said yet what it has: wait, or say --lost 1");
        assertThat(begin(false, 1)).isInstanceOfSatisfying(Plan.class,
                plan -> assertThat(plan.lost()).containsExactly("db-1 (it has said nothing)",
                        "db-2 (node n2 is not Ready)"));
    }

    /** Of a group of five that was recovered once, from db-1; db-2 was away then. */
    private void recoveredOnce() {
        pod(0, false);
        pod(1, true);
        says(1, Role.FENCED, log(3, 17));
        pod(2, false);
        assertThat(begin(false)).isInstanceOf(Plan.class);
        noted.clear();
        report(1, new LogEnd(1, true, 4, 50));
    }

    private void report(int ordinal, LogEnd end) {
        set.on(() -> machines.report("pod-" + ordinal, new GroupState(Role.FENCED, 4,
                List.of(0, 1, 2, 3, 4), Optional.of(end))));
    }

    @Test
    void aLogOfAFormerGeneration_isNoSurvivor_howeverFarItGoes() {
        recoveredOnce();
        set.node("n2", true);
        report(2, new LogEnd(0, true, 9, 4000));
        assertThat(begin(false)).isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(
                refusal.reason()).contains("db-2 on node n2 has not said yet what it has"));

        assertThat(begin(false, 2)).isInstanceOfSatisfying(Plan.class, plan -> {
            assertThat(plan.founder()).isEqualTo("db-1");
            assertThat(plan.generation()).isEqualTo(2);
            assertThat(plan.survivors()).containsExactly("db-1");
            assertThat(plan.lost()).contains("db-2 (its log is of before the last recovery)");
        });
    }

    @Test
    void aLogOfAFormerGeneration_doesNotBegin_withNothing() {
        recoveredOnce();
        set.node("n1", false);
        set.node("n2", true);
        report(2, new LogEnd(0, true, 9, 4000));
        assertThat(begin(true, 2)).isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(
                refusal.reason()).contains("no pod of db is there to begin"));
    }

    @Test
    void aPodThatIsThereWithItsLog_isNotSaidToBeLost() {
        pod(0, true);
        pod(1, false);
        pod(2, false);
        says(0, Role.FENCED, log(3, 17));
        for (boolean isEmpty : List.of(true, false)) {
            assertThat(begin(isEmpty, 0)).isInstanceOfSatisfying(Refusal.class,
                    refusal -> assertThat(refusal.reason())
                            .contains("db-0 is there with a log of the group: it is not lost"));
        }
    }

    @Test
    void withoutAnyLog_itBeginsWithNothing_onlyWhenThatIsSaid() {
        assertThat(begin(false)).isInstanceOfSatisfying(Refusal.class,
                refusal -> assertThat(refusal.reason()).contains("has no group"));
        pod(0, true);
        says(0, Role.FENCED, Optional.of(new LogEnd(0, false, 0, 0)));
        refused("only --empty begins one");
        assertThat(begin(true)).isInstanceOfSatisfying(Plan.class,
                plan -> assertThat(plan.founder()).isEqualTo("db-0"));
        assertThat(views.get(0)).extracting(GroupView::isFounder, GroupView::generation)
                .containsExactly(true, 1L);
    }

    @Test
    void aLogIsNotGivenUp_byEmpty() {
        pod(0, true);
        says(0, Role.FENCED, log(3, 17));
        assertThat(begin(true)).isInstanceOfSatisfying(Refusal.class,
                refusal -> assertThat(refusal.reason()).contains("db-0 has a log"));
    }
}
