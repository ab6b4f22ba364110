package io.beemesh.sidecar.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.sidecar.ratis.History.Act;
import io.beemesh.sidecar.ratis.History.Delete;
import io.beemesh.sidecar.ratis.History.Put;
import io.beemesh.sidecar.ratis.History.Read;
import io.beemesh.sidecar.ratis.History.Swap;
import io.beemesh.sidecar.stateful.Answer;
import io.beemesh.sidecar.stateful.Answer.Outcome;
import io.beemesh.sidecar.stateful.Operation;
import io.beemesh.sidecar.stateful.Operation.Condition;
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
import java.util.function.Function;
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
                // Which operations meet what is chance.
                for (Act each : List.of(new Swap("", "", true), new Swap("", "", false),
                        new Delete(true))) {
                    TestCluster.await(each.toString(), () -> history.count(each) > 0);
                }
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
        Known known = new Known("", 0);
        for (int i = 0; !isOver(stop); i++) {
            Attempt attempt = attempt(random, ordinal + "-" + i, known);
            long called = System.nanoTime();
            try {
                Answer answer = cluster.submit(ordinal, attempt.operation)
                        .get(60, TimeUnit.SECONDS);
                long returned = System.nanoTime();
                assertThat(answer.outcome()).isNotEqualTo(Outcome.FULL);
                history.add(attempt.told.apply(answer), called, returned);
                known = known(attempt.operation, answer, known);
            } catch (ExecutionException e) {
                // A read that failed says nothing; a write may have been done.
                assertThat(e).hasCauseInstanceOf(UnavailableException.class);
                if (attempt.operation.kind() != Operation.Kind.GET
                        && e.getCause() instanceof UnavailableException why && why.isUnknown()) {
                    history.mayHaveDone(called, attempt.unknown);
                }
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** What a client has last seen of the key: a value of a version, or none. */
    private record Known(String value, long version) {}

    private static Known known(Operation operation, Answer answer, Known before) {
        if (answer.outcome() == Outcome.CONFLICT) {
            return before;
        }
        return switch (operation.kind()) {
            case GET -> new Known(text(answer.value()), answer.version());
            case PUT -> new Known(text(operation.value()), answer.version());
            case DELETE -> new Known("", 0);
        };
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }

    /** An operation, and what it means for the history when it is answered, or never is. */
    private record Attempt(Operation operation, Function<Answer, Act> told, Act... unknown) {}

    private static Attempt attempt(Random random, String value, Known known) {
        return switch (random.nextInt(8)) {
            case 0 -> new Attempt(GroupTest.put("k", value), _ -> new Put(value), new Put(value));
            case 1 -> new Attempt(operation(Operation.Kind.DELETE, Condition.NONE, 0, ""),
                    answer -> new Delete(answer.outcome() == Outcome.OK), new Delete(true),
                    new Delete(false));
            case 2, 3 -> swap(Operation.Kind.PUT, known, value);
            case 4 -> known.value.isEmpty()
                    ? swap(Operation.Kind.PUT, known, value)
                    : swap(Operation.Kind.DELETE, known, "");
            default -> new Attempt(Operation.get("k"), answer -> new Read(text(answer.value())));
        };
    }

    private static Attempt swap(Operation.Kind kind, Known known, String value) {
        Condition condition = known.value.isEmpty() ? Condition.ABSENT : Condition.VERSION;
        return new Attempt(operation(kind, condition, known.version, value),
                answer -> new Swap(known.value, value, answer.outcome() != Outcome.CONFLICT),
                new Swap(known.value, value, true), new Swap(known.value, value, false));
    }

    private static Operation operation(Operation.Kind kind, Condition condition, long version,
            String value) {
        return new Operation(kind, condition, version, "k",
                value.getBytes(StandardCharsets.UTF_8));
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
        history.add(new Put("1"), 0, 10);
        history.add(new Put("2"), 20, 30);
        history.add(new Read("2"), 25, 40);
        assertThat(history.isLinearizable()).isTrue();
        history.add(new Read("1"), 50, 60);
        assertThat(history.isLinearizable()).isFalse();
    }

    @Test
    void theChecker_allowsAWriteOfUnknownOutcome_onceOnly() {
        History history = new History();
        history.add(new Put("1"), 0, 10);
        history.mayHaveDone(5, new Put("2"));
        history.add(new Read("1"), 20, 30);
        history.add(new Read("2"), 40, 50);
        assertThat(history.isLinearizable()).isTrue();
        history.add(new Read("1"), 60, 70);
        assertThat(history.isLinearizable()).isFalse();
    }

    @Test
    void theChecker_findsASwapThatWasDoneTwice_orThoughItWasTold_thatItWasNot() {
        History twice = new History();
        twice.add(new Put("1"), 0, 10);
        twice.add(new Swap("1", "2", true), 20, 30);
        assertThat(twice.isLinearizable()).isTrue();
        twice.add(new Swap("1", "3", true), 25, 40);
        assertThat(twice.isLinearizable()).isFalse();

        History denied = new History();
        denied.add(new Put("1"), 0, 10);
        denied.add(new Swap("0", "2", false), 20, 30);
        assertThat(denied.isLinearizable()).isTrue();
        denied.add(new Read("2"), 40, 50);
        assertThat(denied.isLinearizable()).isFalse();
    }

    @Test
    void theChecker_findsAConflictWithWhatWasThereAllTheTime_andADeleteOfNothing() {
        History conflict = new History();
        conflict.add(new Put("1"), 0, 10);
        conflict.add(new Swap("1", "2", false), 20, 30);
        assertThat(conflict.isLinearizable()).isFalse();

        History deleted = new History();
        deleted.add(new Put("1"), 0, 10);
        deleted.add(new Delete(true), 20, 30);
        deleted.mayHaveDone(35, new Swap("", "2", true), new Swap("", "2", false));
        assertThat(deleted.isLinearizable()).isTrue();
        deleted.add(new Delete(true), 40, 50);
        assertThat(deleted.isLinearizable()).isTrue();
        deleted.add(new Delete(true), 60, 70);
        assertThat(deleted.isLinearizable()).isFalse();
    }
}
