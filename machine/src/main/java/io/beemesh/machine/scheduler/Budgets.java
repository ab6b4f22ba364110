package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.SyntaxException;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What PodDisruptionBudgets say of pods that are to make room. */
final class Budgets {
    /** @param disrupted names of pods whose end was granted already */
    private record Budget(String namespace, LabelSelector selector, int allowed,
            Set<String> disrupted) {
        boolean counts(PodView pod) {
            return namespace.equals(pod.namespace()) && selector.matches(pod.labels())
                    && !disrupted.contains(pod.key().name());
        }
    }

    private final List<Budget> budgets = new ArrayList<>();

    Budgets(List<StoredObject> stored) {
        for (StoredObject one : stored) {
            JsonNode tree = one.object().tree();
            JsonNode status = tree.path("status");
            JsonNode selector = tree.path("spec").path("selector");
            Set<String> disrupted = new HashSet<>();
            status.path("disruptedPods").fieldNames().forEachRemaining(disrupted::add);
            try {
                budgets.add(new Budget(one.key().namespace(),
                        selector.isObject() ? LabelSelector.of(selector) : LabelSelector.nothing(),
                        status.path("disruptionsAllowed").asInt(0), disrupted));
            } catch (SyntaxException e) {
                // It selects nothing.
            }
        }
    }

    /** Those that no budget has room for any more, if all of {@code pods} end in this order. */
    Set<ObjectKey> violating(List<PodView> pods) {
        Set<ObjectKey> violating = new HashSet<>();
        for (Budget budget : budgets) {
            int left = budget.allowed();
            for (PodView pod : pods) {
                if (budget.counts(pod) && --left < 0) {
                    violating.add(pod.key());
                }
            }
        }
        return violating;
    }
}
