package io.beemesh.machine.registry.replica;

import java.util.Arrays;
import java.util.List;

/** Breaks one rule at a time, to see that the checks of a simulation notice. */
public final class BrokenRules {
    private BrokenRules() {}

    /** The names of all rules of a slot's log. */
    public static List<String> names() {
        return Arrays.stream(Rules.Rule.values()).filter(r -> !r.isOfForks()).map(Enum::name)
                .toList();
    }

    /** The names of all rules of what is done alone. */
    public static List<String> namesOfForks() {
        return Arrays.stream(Rules.Rule.values()).filter(Rules.Rule::isOfForks).map(Enum::name)
                .toList();
    }

    /** All rules but the named one. */
    public static Rules without(String name) {
        return Rules.without(Rules.Rule.valueOf(name));
    }
}
