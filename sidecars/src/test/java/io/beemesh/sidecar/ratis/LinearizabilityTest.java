package io.beemesh.sidecar.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.sidecar.stateful.Answer;
import io.beemesh.sidecar.stateful.Operation;
import io.beemesh.sidecar.stateful.UnavailableException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
final class LinearizabilityTest {
    private static final int OPERATIONS_PARTED = 60;
    private static final int OPERATIONS_TOGETHER = 20;
    private static final long PAUSE_MILLIS = 80;

    @TempDir
    private Path directory;

    @Test
    void theMapIsLinearizable_whileItsLeaderIsCutOff_theSetIsScaled_andAllRestart()
            throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            for (int i = 0; i < 3; i++) {
                cluster.start(i);
            }
            cluster.awaitVoters(0, 1, 2);
            History history = new History();
            CountDownLatch stop = new CountDownLatch(1);
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int ordinal = i;
                clients.add(CompletableFuture
                        .runAsync(() -> client(cluster, ordinal, history, stop),
                                task -> new Thread(task, "client-" + ordinal).start()));
            }
            try {
                int leader = cluster.awaitVoters(0, 1, 2);
                PeerId alone = cluster.member(leader).peer();
                cluster.network.split(Set.of(alone),
                        Set.of(cluster.member((leader + 1) % 3).peer(),
                                cluster.member((leader + 2) % 3).peer()));
                awaitMore(history, OPERATIONS_PARTED);
                cluster.network.heal();
                cluster.awaitVoters(0, 1, 2);
                cluster.start(3);
                cluster.start(4);
                cluster.awaitVoters(0, 1, 2, 3, 4);
                cluster.scale(1);
                cluster.awaitVoters(0);
                cluster.kill(4);
                cluster.kill(3);
                cluster.scale(3);
                cluster.awaitVoters(0, 1, 2);
                cluster.restart();
                cluster.awaitVoters(0, 1, 2);
                awaitMore(history, OPERATIONS_TOGETHER);
            } finally {
                stop.countDown();
            }
            for (CompletableFuture<Void> client : clients) {
                client.get(60, TimeUnit.SECONDS);
            }
            assertThat(history.size()).isGreaterThan(40);
            assertThat(history.isLinearizable()).isTrue();
            history.plantStaleRead(System.nanoTime());
            assertThat(history.isLinearizable()).isFalse();
        }
    }

    private static void client(TestCluster cluster, int ordinal, History history,
            CountDownLatch stop) {
        Random random = new Random(ordinal);
        for (int i = 0; !isOver(stop); i++) {
            String value = ordinal + "-" + i;
            boolean write = random.nextInt(3) == 0;
            long called = System.nanoTime();
            try {
                Answer answer = cluster
                        .submit(ordinal, write ? GroupTest.put("k", value) : Operation.get("k"))
                        .get(60, TimeUnit.SECONDS);
                long returned = System.nanoTime();
                if (write) {
                    history.wrote(value, called, returned);
                } else {
                    history.read(new String(answer.value(), StandardCharsets.UTF_8), called,
                            returned);
                }
            } catch (ExecutionException e) {
                // A read that failed says nothing; a write may have been done.
                assertThat(e).hasCauseInstanceOf(UnavailableException.class);
                if (write && e.getCause() instanceof UnavailableException why && why.isUnknown()) {
                    history.mayHaveWritten(value, called);
                }
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Lets a dozen operations be begun in a second: more would only make the check long. */
    private static boolean isOver(CountDownLatch stop) {
        try {
            return stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitMore(History history, int operations) {
        int enough = history.size() + operations;
        TestCluster.await("operations", () -> history.size() >= enough);
    }

    @Test
    void theChecker_findsAStaleRead() {
        History history = new History();
        history.wrote("1", 0, 10);
        history.wrote("2", 20, 30);
        history.read("2", 25, 40);
        assertThat(history.isLinearizable()).isTrue();
        history.read("1", 50, 60);
        assertThat(history.isLinearizable()).isFalse();
    }

    @Test
    void theChecker_allowsAWriteOfUnknownOutcome_onceOnly() {
        History history = new History();
        history.wrote("1", 0, 10);
        history.mayHaveWritten("2", 5);
        history.read("1", 20, 30);
        history.read("2", 40, 50);
        assertThat(history.isLinearizable()).isTrue();
        history.read("1", 60, 70);
        assertThat(history.isLinearizable()).isFalse();
    }
}
