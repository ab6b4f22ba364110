package io.beemesh.machine.registry;

import io.beemesh.machine.registry.replica.BrokenRules;
import io.beemesh.machine.registry.replica.Rules;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each rule that keeps the registry safe, broken on purpose: a simulation that does not notice proves nothing of
 * it. Each is tried with the seed that is known to notice first, and if that does not any more with those up to
 * {@value #SEEDS}.
 *
 * <p>{@code -Dbeemesh.rules=all} looks for the first seed of each rule instead, {@code -Dbeemesh.rules=LEASE} of
 * one; the table in {@code docs/benchmarks.md} is what it prints.
 */
class BrokenRulesSimulationTest {
    private static final int SEEDS = 200;
    private static final Map<String, Long> KNOWN = Map.ofEntries(Map.entry("DURABLE_VOTE", 69L),
            Map.entry("LEASE", 25L), Map.entry("DURABLE_ENTRY", 3L),
            Map.entry("ONE_MEMBER", 42L), Map.entry("PREVIOUS_ENTRY", 95L),
            Map.entry("FIRST_ANSWER", 8L), Map.entry("LOYALTY", 8L),
            Map.entry("OWN_TERM_COMMITS", 5L), Map.entry("VOTELESS", 116L),
            Map.entry("SETTLED_READS", 6L), Map.entry("FORK_BASE", 7L));
    /** Of these others make up, but where one slot has faults that are worse than those of real streams. */
    private static final Set<String> OF_ONE_SLOT = Set.of("LOYALTY", "OWN_TERM_COMMITS",
            "VOTELESS", "DURABLE_VOTE", "DURABLE_ENTRY", "CAUGHT_UP");
    private static final String WHICH = System.getProperty("beemesh.rules", "known");

    static List<String> rules() {
        return List.of("known", "all").contains(WHICH) ? BrokenRules.names() : List.of(WHICH);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void brokenRule_isNoticed(String rule) {
        LongStream known = WHICH.equals("known") && KNOWN.containsKey(rule)
                ? LongStream.of(KNOWN.get(rule))
                : LongStream.empty();
        LongStream.concat(known, LongStream.rangeClosed(1, SEEDS))
                .mapToObj(seed -> noticed(rule, seed)).flatMap(Optional::stream).findFirst()
                .ifPresentOrElse(System.out::println, () -> {
                    throw new AssertionError(rule + " may be broken and nobody notices");
                });
    }

    /** What was noticed, in one line. */
    private static Optional<String> noticed(String rule, long seed) {
        Rules rules = BrokenRules.without(rule);
        try {
            if (OF_ONE_SLOT.contains(rule)) {
                BrokenRules.runWithout(rule, seed);
            } else if (BrokenRules.isOfForks(rule)) {
                new ForkRun(seed, rules, new ForkCounters()).run();
            } else {
                new MeshRun(seed, rules, new MeshCounters()).run();
            }
            return Optional.empty();
        } catch (RuntimeException | AssertionError e) {
            if (String.valueOf(e.getMessage()).contains("all is well")) {
                // That nothing goes on breaks no promise, and may have other causes.
                return Optional.empty();
            }
            return Optional.of("Broken rule " + rule + " noticed with seed " + seed + ": "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }
}
