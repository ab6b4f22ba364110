package io.beemesh.machine.siblings;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.siblings.CloneRun.Fault;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A hundred replicas lost at once, over many seeds. More of them: {@code mvn -q -pl machine -am test
 * -Dtest=CloneSimulationTest -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.seeds=1000}, of some faults alone:
 * {@code -Dbeemesh.faults=PARTITION,NODES_RESTART}.
 */
final class CloneSimulationTest {
    private static final int SEEDS = 2;
    private static final int SEEDS_OF_A_BROKEN_RULE = 3;

    private static List<Fault> faults() {
        String names = System.getProperty("beemesh.faults", "");
        return names.isEmpty()
                ? List.of(Fault.values())
                : Stream.of(names.split(",", -1)).map(Fault::valueOf).toList();
    }

    private static List<Long> seeds() {
        Long seed = Long.getLong("beemesh.seed");
        return seed != null
                ? List.of(seed)
                : LongStream.rangeClosed(1, Integer.getInteger("beemesh.seeds", SEEDS)).boxed()
                        .toList();
    }

    @Test
    void aHundredReplicasLost_anySeed_areMadeAnewOnce() {
        CloneCounters counters = new CloneCounters();
        for (long seed : seeds()) {
            run(seed, faults(), counters);
        }
        System.out.println("Clone simulation " + counters);
        if (System.getProperty("beemesh.faults") == null && Long.getLong("beemesh.seed") == null) {
            assertThat(counters.published).as("one of the first two seeds is of lost pods")
                    .isPositive();
        }
        if (counters.runs > 10) {
            assertThat(counters.duplicates).isPositive();
            assertThat(counters.vetoed).isPositive();
            assertThat(counters.drained).isPositive();
        }
    }

    /** Seeds that controllers failed which counted what a fork had so far, or pods of machines that were not back yet. */
    @ParameterizedTest
    @ValueSource(longs = 3)
    void aPartitionIsMended_whatBothSidesMade_isCountedOnceAllIsThere(long seed) {
        run(seed, List.of(Fault.PARTITION), new CloneCounters());
    }

    private static void run(long seed, List<Fault> faults, CloneCounters counters) {
        try {
            new CloneRun(seed, CloneRules.ALL, counters, faults).run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed=" + seed + ": " + e.getMessage() + "\n"
                    + "again: mvn -pl machine -am test -Dtest=CloneSimulationTest"
                    + " -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.seed=" + seed
                    + " -Dbeemesh.faults=" + faults.stream().map(Fault::name)
                            .collect(Collectors.joining(",")),
                    e);
        }
    }

    @ParameterizedTest
    @EnumSource(value = CloneRules.class, names = {"NO_VETO", "NO_COMPARE", "NO_CLONING"})
    void brokenRule_isNoticed(CloneRules rules) {
        for (long seed = 1; seed <= SEEDS_OF_A_BROKEN_RULE; seed++) {
            try {
                new CloneRun(seed, rules, new CloneCounters(), switch (rules) {
                    case NO_VETO -> List.of(Fault.SIDECARS);
                    case NO_CLONING -> List.of(Fault.PODS);
                    case NO_COMPARE, ALL -> faults();
                }).run();
            } catch (RuntimeException | AssertionError e) {
                System.out.println("Broken rule " + rules + " noticed with seed " + seed + ": "
                        + e.getMessage());
                return;
            }
        }
        throw new AssertionError(rules + " may be broken and nobody notices");
    }
}
