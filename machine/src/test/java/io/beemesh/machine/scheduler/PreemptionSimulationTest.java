package io.beemesh.machine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Pods of three priorities in meshes without room for all of them: in the end none waits that would have room if
 * less important ones went, no machine has more than it can, and the most important never make room.
 *
 * <p>Thousands of seeds by one command from the root of the repository: {@code mvn -q -pl machine -am test
 * -Dtest=PreemptionSimulationTest -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.seeds=1000}; one seed alone
 * with {@code -Dbeemesh.seed=7}.
 */
final class PreemptionSimulationTest {
    private static final int SEEDS = Integer.getInteger("beemesh.seeds", 12);

    @Test
    void podsThatWait_couldNotHaveRoom() {
        long one = Long.getLong("beemesh.seed", -1);
        int preempted = 0;
        int kills = 0;
        int refused = 0;
        long last = one < 0 ? SEEDS : one;
        for (long seed = Math.max(one, 1); seed <= last; seed++) {
            PreemptionRun run = new PreemptionRun(seed);
            try {
                run.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
            preempted += run.preempted.size();
            kills += run.kills;
            refused += run.refused;
        }
        System.out.printf("Preemption simulation runs=%d preempted=%d kills=%d refused=%d%n",
                SEEDS, preempted, kills, refused);
        if (one < 0) {
            assertThat(preempted).isGreaterThan(100);
            assertThat(kills).isPositive();
        }
    }
}
