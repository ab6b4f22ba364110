package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.registry.replica.Rules;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Meshes of 2 to 5 nodes, and of 10 to 19, whose sides go on alone through partitions, also of one direction and down to single
 * nodes, crashes and a lost disk. Checked once all is well: each acknowledged write is in the history of its
 * object or named in an Event, what was deleted stays deleted and nothing else is gone, watches that went
 * from node to node have what is there, nodes are alike.
 *
 * <p>{@code -Dbeemesh.seed=N} runs that seed alone, {@code -Dbeemesh.seeds=N} as many.
 */
class ForkSimulationTest {
    private static final int LARGE_SEEDS = Integer.getInteger("beemesh.seeds", 8);

    private static List<Long> seeds() {
        Long only = Long.getLong("beemesh.seed");
        return only != null
                ? List.of(only)
                : LongStream.rangeClosed(1, Integer.getInteger("beemesh.seeds", 40)).boxed()
                        .toList();
    }

    @Test
    void clientsOnAllSides_anySeed_nothingIsLostWithoutAWord() {
        ForkCounters counters = new ForkCounters();
        for (long seed : seeds()) {
            run(seed, Rules.all(), counters);
        }
        System.out.println("Fork simulation seeds=" + seeds().size() + " " + counters);
        if (seeds().size() > 1) {
            assertThat(counters.detached).isGreaterThan(100);
            assertThat(counters.attached).isGreaterThan(100);
            assertThat(counters.merged).isGreaterThan(100);
            assertThat(counters.conflicts).isGreaterThan(100);
            assertThat(counters.expired).isGreaterThan(100);
            assertThat(counters.readBack).isGreaterThan(100);
        }
    }

    @Test
    void clientsInALargerMesh_anySeed_nothingIsLostWithoutAWord() {
        ForkCounters counters = new ForkCounters();
        List<Long> seeds = seeds().stream().limit(LARGE_SEEDS).toList();
        for (long seed : seeds) {
            check(seed, new ForkRun(seed, Rules.all(), counters, 9, 20));
        }
        System.out.println("Fork simulation of 10 to 19 nodes seeds=" + seeds.size() + " "
                + counters);
        if (seeds.size() > 1) {
            assertThat(counters.mirrored).isGreaterThan(100);
        }
    }

    private static void run(long seed, Rules rules, ForkCounters counters) {
        check(seed, new ForkRun(seed, rules, counters));
    }

    private static void check(long seed, ForkRun run) {
        try {
            run.run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed=" + seed + ": " + e.getMessage() + "\n"
                    + "again: mvn -pl machine -am test -Dtest=ForkSimulationTest"
                    + " -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.seed=" + seed + "\n"
                    + run.story(), e);
        }
    }
}
