package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the containers of a pod ask for together: the sum of those that run at a time, and at least what
 * the init containers need one after another.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers">resource
 *     sharing within containers</a>
 */
public final class PodAmounts {
    private PodAmounts() {}

    /** @param list {@code requests} or {@code limits} */
    public static Map<String, Quantity> of(JsonNode spec, String list) {
        Map<String, Quantity> sum = new TreeMap<>();
        for (JsonNode container : spec.path("containers")) {
            add(sum, amounts(container, list));
        }
        Map<String, Quantity> sidecars = new TreeMap<>();
        Map<String, Quantity> atOnce = new TreeMap<>();
        for (JsonNode container : spec.path("initContainers")) {
            Map<String, Quantity> own = amounts(container, list);
            if (container.path("restartPolicy").asText("").equals("Always")) {
                add(sum, own);
                add(sidecars, own);
                atLeast(atOnce, sidecars);
            } else {
                add(own, sidecars);
                atLeast(atOnce, own);
            }
        }
        atLeast(sum, atOnce);
        for (Map.Entry<String, Quantity> whole : amounts(spec, list).entrySet()) {
            if (whole.getKey().equals("cpu") || whole.getKey().equals("memory")) {
                sum.put(whole.getKey(), whole.getValue());
            }
        }
        return sum;
    }

    /** What a machine must have free for the pod: its requests and what running it costs beside them. */
    public static Map<String, Quantity> required(JsonNode spec) {
        Map<String, Quantity> sum = of(spec, "requests");
        add(sum, quantities(spec.path("overhead")));
        return sum;
    }

    /** As numbers: thousandths of {@code cpu}, units of all else, rounded up. */
    public static Map<String, Long> units(Map<String, Quantity> amounts) {
        Map<String, Long> units = new TreeMap<>();
        amounts.forEach((name, amount) -> units.put(name,
                name.equals("cpu") ? amount.milliValue() : amount.value()));
        return units;
    }

    /** What one container, or a pod as a whole, says. */
    public static Map<String, Quantity> amounts(JsonNode holder, String list) {
        return quantities(holder.path("resources").path(list));
    }

    /** The amounts in a map of them, by name; malformed ones are left to validation. */
    public static Map<String, Quantity> quantities(JsonNode map) {
        Map<String, Quantity> amounts = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            Quantity.read(entry.getValue().asText(""))
                    .ifPresent(amount -> amounts.put(entry.getKey(), amount));
        }
        return amounts;
    }

    private static void add(Map<String, Quantity> sum, Map<String, Quantity> more) {
        more.forEach((name, amount) -> sum.merge(name, amount, Quantity::plus));
    }

    private static void atLeast(Map<String, Quantity> amounts, Map<String, Quantity> least) {
        least.forEach((name, amount) -> amounts.merge(name, amount,
                (a, b) -> a.compareTo(b) < 0 ? b : a));
    }
}
