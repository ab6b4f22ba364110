package io.beemesh.machine.registry.replica;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The log of one slot under faults that are worse than those of real streams and disks, many seeds in a second.
 *
 * <p>{@code -Dbeemesh.seed=N} runs that seed alone, {@code -Dbeemesh.seeds=N} as many.
 */
class ReplicaSimulationTest {
    private static List<Long> seeds() {
        Long only = Long.getLong("beemesh.seed");
        return only != null
                ? List.of(only)
                : LongStream.rangeClosed(1, Integer.getInteger("beemesh.seeds", 20)).boxed()
                        .toList();
    }

    @Test
    void faults_anySeed_logsAgree() {
        for (long seed : seeds()) {
            try {
                new ReplicaRun(seed, Rules.all()).run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed=" + seed + ": " + e.getMessage() + "\n"
                        + "again: mvn -pl machine -am test -Dtest=ReplicaSimulationTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.seed=" + seed, e);
            }
        }
    }
}
