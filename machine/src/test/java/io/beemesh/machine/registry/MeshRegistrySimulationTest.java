package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.registry.replica.Rules;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * A mesh of 3 to 6 nodes, and of 9 to 30, with clients on all of them, through crashes, kills, a lost disk, pauses,
 * partitions also of one direction, joins, and homes that are to be elsewhere. Checked: histories of each
 * object are linearizable, watches miss nothing and never go back, nodes end alike.
 *
 * <p>{@code -Dbeemesh.seed=N} runs that seed alone, {@code -Dbeemesh.seeds=N} as many.
 */
class MeshRegistrySimulationTest {
    private static final int LARGE_SEEDS = Integer.getInteger("beemesh.seeds", 2);

    private static List<Long> seeds() {
        Long only = Long.getLong("beemesh.seed");
        return only != null
                ? List.of(only)
                : LongStream.rangeClosed(1, Integer.getInteger("beemesh.seeds", 40)).boxed()
                        .toList();
    }

    @Test
    void clientsAndFaults_anySeed_historiesAreLinearizable() {
        MeshCounters counters = new MeshCounters();
        for (long seed : seeds()) {
            run(seed, Rules.all(), counters);
        }
        System.out.println("Registry simulation seeds=" + seeds().size() + " " + counters);
        if (seeds().size() > 1) {
            assertThat(counters.partitions).isGreaterThan(100);
            assertThat(counters.takeovers).isGreaterThan(100);
            assertThat(counters.handovers).isGreaterThan(100);
            assertThat(counters.redirects).isGreaterThan(100);
        }
    }

    @Test
    void aLargerMesh_anySeed_historiesAreLinearizable() {
        MeshCounters counters = new MeshCounters();
        List<Long> seeds = seeds().stream().limit(LARGE_SEEDS).toList();
        for (long seed : seeds) {
            check(seed, new MeshRun(seed, Rules.all(), counters, 9, 30));
        }
        System.out.println("Registry simulation of 9 to 30 nodes seeds=" + seeds.size() + " "
                + counters);
    }

    private static void run(long seed, Rules rules, MeshCounters counters) {
        check(seed, new MeshRun(seed, rules, counters));
    }

    private static void check(long seed, MeshRun run) {
        try {
            run.run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed=" + seed + ": " + e.getMessage() + "\n"
                    + "again: mvn -pl machine -am test -Dtest=MeshRegistrySimulationTest"
                    + " -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.seed=" + seed + "\n"
                    + run.story(), e);
        }
    }
}
