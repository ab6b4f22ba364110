package io.beemesh.sidecar.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.sidecar.GroupState.Role;
import io.beemesh.sidecar.stateful.Answer;
import io.beemesh.sidecar.stateful.Answer.Outcome;
import io.beemesh.sidecar.stateful.Operation;
import io.beemesh.sidecar.stateful.Operation.Condition;
import io.beemesh.sidecar.stateful.Operation.Kind;
import io.beemesh.sidecar.stateful.UnavailableException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
final class GroupTest {
    @TempDir
    private Path directory;

    static Operation put(String key, String value) {
        return new Operation(Kind.PUT, Condition.NONE, 0, key,
                value.getBytes(StandardCharsets.UTF_8));
    }

    static String value(TestCluster cluster, int ordinal, String key) throws Exception {
        Answer answer = cluster.submit(ordinal, Operation.get(key)).get(20, TimeUnit.SECONDS);
        return new String(answer.value(), StandardCharsets.UTF_8);
    }

    @Test
    void ordinalsComeOneByOne_theLeaderIsLost_itComesBackWithItsLog() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start(0);
            assertThat(cluster.awaitVoters(0)).isZero();
            cluster.submit(0, put("a", "1")).get(20, TimeUnit.SECONDS);
            cluster.start(1);
            cluster.awaitVoters(0, 1);
            cluster.start(2);
            int leader = cluster.awaitVoters(0, 1, 2);
            for (int i = 0; i < 3; i++) {
                assertThat(value(cluster, i, "a")).isEqualTo("1");
                assertThat(cluster.role(i)).contains(i == leader ? Role.LEADER : Role.FOLLOWER);
            }

            PeerId lost = cluster.member(leader).peer();
            cluster.kill(leader);
            int other = (leader + 1) % 3;
            cluster.submit(other, put("a", "2")).get(20, TimeUnit.SECONDS);
            assertThat(value(cluster, (leader + 2) % 3, "a")).isEqualTo("2");

            cluster.start(leader, lost);
            cluster.awaitVoters(0, 1, 2);
            assertThat(value(cluster, leader, "a")).isEqualTo("2");
        }
    }

    @Test
    void aVoterThatLostItsLog_isAdmittedAnew() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start(0);
            cluster.start(1);
            cluster.start(2);
            cluster.awaitVoters(0, 1, 2);
            cluster.submit(0, put("a", "1")).get(20, TimeUnit.SECONDS);
            PeerId lost = cluster.member(2).peer();
            cluster.kill(2);
            PeerId fresh = cluster.start(2).peer();
            TestCluster.await("the new identity votes", () -> cluster.standing(2).voters().stream()
                    .anyMatch(voter -> voter.peer().equals(fresh)));
            TestCluster.await("the lost identity votes no more", () -> cluster.standing(0).voters()
                    .stream().noneMatch(voter -> voter.peer().equals(lost)));
            assertThat(value(cluster, 2, "a")).isEqualTo("1");
        }
    }

    @Test
    void anOrdinalGetsAnotherPod_theFormerSpeaksForItNoMore_whenTheNewOneBegins() {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start(0);
            cluster.start(1);
            TestCluster.Member former = cluster.start(2);
            cluster.awaitVoters(0, 1, 2);
            TestCluster.await("all speak", () -> cluster.speaks(former)
                    && cluster.speaks(cluster.member(0)) && cluster.speaks(cluster.member(1)));
            TestCluster.Member fresh = cluster.start(2);
            TestCluster.await("the new one speaks", () -> {
                boolean speaks = cluster.speaks(fresh);
                assertThat(speaks && cluster.speaks(former)).isFalse();
                return speaks;
            });
            cluster.network.stop(former.peer());
            former.part().close();
        }
    }

    @Test
    void scaledUpAndDown_theHighestGoesFirst_andTheMapStays() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            for (int i = 0; i < 5; i++) {
                cluster.start(i);
            }
            cluster.awaitVoters(0, 1, 2, 3, 4);
            cluster.submit(4, put("a", "1")).get(20, TimeUnit.SECONDS);
            cluster.scale(3);
            cluster.awaitVoters(0, 1, 2);
            assertThat(value(cluster, 1, "a")).isEqualTo("1");
            cluster.scale(1);
            cluster.awaitVoters(0);
            assertThat(value(cluster, 0, "a")).isEqualTo("1");
        }
    }

    @Test
    void aMinorityNeitherReadsNorWrites_andIsFenced() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            for (int i = 0; i < 3; i++) {
                cluster.start(i);
            }
            int leader = cluster.awaitVoters(0, 1, 2);
            cluster.submit(0, put("a", "1")).get(20, TimeUnit.SECONDS);
            PeerId alone = cluster.member(leader).peer();
            cluster.network.split(Set.of(alone),
                    Set.of(cluster.member((leader + 1) % 3).peer(),
                            cluster.member((leader + 2) % 3).peer()));
            // Entries that only the cut off leader has.
            assertThatThrownBy(() -> cluster.submit(leader, put("a", "lost")).get(20,
                    TimeUnit.SECONDS)).hasCauseInstanceOf(UnavailableException.class);
            cluster.submit((leader + 1) % 3, put("a", "2")).get(20, TimeUnit.SECONDS);
            assertThatThrownBy(() -> value(cluster, leader, "a"))
                    .hasCauseInstanceOf(UnavailableException.class);
            TestCluster.await("the cut off leader knows that it leads no more",
                    () -> cluster.role(leader).equals(Optional.of(Role.FENCED)));
            TestCluster.await("it does not speak for its ordinal", () -> !cluster
                    .speaks(cluster.member(leader)));
            TestCluster.await("the others do", () -> cluster
                    .speaks(cluster.member((leader + 1) % 3)));
            cluster.network.heal();
            assertThat(value(cluster, leader, "a")).isEqualTo("2");
            TestCluster.await("its log is that of the others", () -> cluster.standing(leader)
                    .end().equals(cluster.standing((leader + 1) % 3).end()));
        }
    }

    @Test
    void aFormerLeader_thatMissedChangesOfTheVoters_knowsThemAfterwards() {
        try (TestCluster cluster = new TestCluster(directory)) {
            for (int i = 0; i < 3; i++) {
                cluster.start(i);
            }
            int leader = cluster.awaitVoters(0, 1, 2);
            PeerId fresh = PrivateKey.generate(new SecureRandom()).peerId();
            int other = (leader + 1) % 3;
            cluster.network.split(Set.of(cluster.member(leader).peer()),
                    Set.of(cluster.member(other).peer(),
                            cluster.member((leader + 2) % 3).peer(), fresh));
            // An entry in the place where the others note who votes.
            assertThatThrownBy(() -> cluster.submit(leader, put("a", "lost")).get(20,
                    TimeUnit.SECONDS)).hasCauseInstanceOf(UnavailableException.class);
            cluster.start(3, fresh);
            TestCluster.await("the fourth votes",
                    () -> cluster.standing(other).voters().size() == 4);
            cluster.network.heal();
            cluster.awaitVoters(0, 1, 2, 3);
        }
    }

    @Test
    void withoutItsFounder_nobodyBeginsAGroup() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start(1);
            cluster.start(2);
            assertThatThrownBy(
                    () -> cluster.submit(1, put("a", "1")).get(20, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(UnavailableException.class);
            assertThat(cluster.role(1)).contains(Role.FENCED);
            assertThat(cluster.standing(2).voters()).isEmpty();
            cluster.start(0);
            cluster.awaitVoters(0, 1, 2);
        }
    }

    @Test
    void compareAndSet_decidesOnce_andTheWholeGroupRestarts() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start(0);
            cluster.start(1);
            cluster.awaitVoters(0, 1);
            Operation first = new Operation(Kind.PUT, Condition.ABSENT, 0, "lock", new byte[]{1});
            Answer won = cluster.submit(1, first).get(20, TimeUnit.SECONDS);
            Answer lost = cluster.submit(0, first).get(20, TimeUnit.SECONDS);
            assertThat(won.outcome()).isEqualTo(Outcome.OK);
            assertThat(lost).extracting(Answer::outcome, Answer::version)
                    .containsExactly(Outcome.CONFLICT, won.version());
            for (int i = 0; i < 250; i++) {
                cluster.submit(0, put("n", Integer.toString(i))).get(20, TimeUnit.SECONDS);
            }
            PeerId zero = cluster.member(0).peer();
            PeerId one = cluster.member(1).peer();
            cluster.kill(0);
            cluster.kill(1);
            cluster.start(0, zero);
            cluster.start(1, one);
            cluster.awaitVoters(0, 1);
            assertThat(value(cluster, 1, "n")).isEqualTo("249");
            Answer deleted = cluster.submit(1, new Operation(Kind.DELETE, Condition.VERSION,
                    won.version(), "lock", new byte[0])).get(20, TimeUnit.SECONDS);
            assertThat(deleted.outcome()).isEqualTo(Outcome.OK);
        }
    }
}
