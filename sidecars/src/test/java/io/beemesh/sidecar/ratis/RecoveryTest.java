package io.beemesh.sidecar.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.GroupState.LogEnd;
import io.beemesh.sidecar.stateful.UnavailableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Most voters are lost for good, and a survivor begins the next generation. */
@Execution(ExecutionMode.CONCURRENT)
final class RecoveryTest {
    @TempDir
    private Path directory;

    private static LogEnd awaitEnd(TestCluster cluster, int ordinal) {
        TestCluster.await(ordinal + " says that it is alone",
                () -> cluster.logEnd(ordinal).isPresent());
        return cluster.logEnd(ordinal).orElseThrow();
    }

    private static void put(TestCluster cluster, int ordinal, String key, String value)
            throws Exception {
        cluster.submit(ordinal, GroupTest.put(key, value)).get(20, TimeUnit.SECONDS);
    }

    @Test
    void survivorsGoOnWithTheirMap_andTheLostThatComeBack_haveNoVoiceBeforeTheyAreTakenIn()
            throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            for (int i = 0; i < 5; i++) {
                cluster.start(i);
            }
            cluster.awaitVoters(0, 1, 2, 3, 4);
            // More than one snapshot, and entries behind it.
            for (int i = 0; i < 130; i++) {
                put(cluster, 0, "a", Integer.toString(i));
            }
            assertThat(cluster.logEnd(0)).isEmpty();
            List<PeerId> lost = List.of(cluster.member(2).peer(), cluster.member(3).peer(),
                    cluster.member(4).peer());
            for (int i = 2; i < 5; i++) {
                cluster.kill(i);
            }
            LogEnd zero = awaitEnd(cluster, 0);
            LogEnd one = awaitEnd(cluster, 1);
            assertThat(List.of(zero, one)).allMatch(end -> end.isVoter() && end.generation() == 0)
                    .anyMatch(end -> end.entries() > 130);
            int best = one.entries() > zero.entries() ? 1 : 0;
            // What a crash in the middle of an earlier try has left.
            Files.createDirectories(
                    cluster.member(best).directory().resolve("generation-1.new/junk"));

            cluster.recover(best);
            cluster.awaitVoters(0, 1);
            assertThat(GroupTest.value(cluster, 1 - best, "a")).isEqualTo("129");
            put(cluster, 1 - best, "b", "after");

            // They are a majority of what was, and do not know yet.
            cluster.uninformed(2, 3, 4);
            for (int i = 2; i < 5; i++) {
                cluster.start(i, lost.get(i - 2));
            }
            cluster.awaitVoters(0, 1);
            TestCluster.await("the former majority has a leader", () -> cluster.standing(2)
                    .leader().isPresent());
            assertThat(GroupTest.value(cluster, 0, "b")).isEqualTo("after");
            put(cluster, best, "b", "later");

            cluster.uninformed();
            cluster.awaitVoters(0, 1, 2, 3, 4);
            for (int i = 0; i < 5; i++) {
                assertThat(GroupTest.value(cluster, i, "a")).isEqualTo("129");
                assertThat(GroupTest.value(cluster, i, "b")).isEqualTo("later");
            }

            // The next generation is found again on disk.
            PeerId first = cluster.member(best).peer();
            cluster.kill(best);
            cluster.start(best, first);
            cluster.awaitVoters(0, 1, 2, 3, 4);
            assertThat(GroupTest.value(cluster, best, "b")).isEqualTo("later");
        }
    }

    @Test
    void nobodyHasALog_aMemberBeginsWithNothing() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start(0);
            cluster.awaitVoters(0);
            put(cluster, 0, "a", "1");
            cluster.kill(0);
            cluster.uninformed(0);
            cluster.start(1);
            LogEnd end = awaitEnd(cluster, 1);
            assertThat(end).isEqualTo(new LogEnd(0, false, 0, 0));
            assertThatThrownBy(() -> put(cluster, 1, "a", "2"))
                    .hasCauseInstanceOf(UnavailableException.class);
            cluster.recover(1);
            cluster.awaitVoters(1);
            put(cluster, 1, "c", "3");
            assertThat(cluster.logEnd(1)).isEqualTo(Optional.empty());
            assertThat(GroupTest.value(cluster, 1, "c")).isEqualTo("3");
        }
    }
}
