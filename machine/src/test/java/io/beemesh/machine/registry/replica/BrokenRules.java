package io.beemesh.machine.registry.replica;

import io.beemesh.machine.registry.replica.Rules.Rule;
import java.util.Arrays;
import java.util.List;

/** Breaks one rule at a time, to see that the checks of a simulation notice. */
public final class BrokenRules {
    private BrokenRules() {}

    /** The names of all rules. */
    public static List<String> names() {
        return Arrays.stream(Rule.values()).map(Enum::name).toList();
    }

    /** Whether a rule is about what is done alone. */
    public static boolean isOfForks(String name) {
        return Rule.valueOf(name).isOfForks();
    }

    /** Runs one slot on its own without a rule. */
    public static void runWithout(String name, long seed) {
        new ReplicaRun(seed, without(name)).run();
    }

    /** All rules but the named one. */
    public static Rules without(String name) {
        return Rules.without(Rule.valueOf(name));
    }
}
