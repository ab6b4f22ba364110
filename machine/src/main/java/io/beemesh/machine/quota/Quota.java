package io.beemesh.machine.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.PodAmounts;
import io.beemesh.machine.object.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A ResourceQuota: what a namespace may use, and what it does. Pure; in the words of Kubernetes' admission
 * plugin ResourceQuota.
 */
public final class Quota {
    /** What containers must say if a quota bounds it. */
    private static final List<String> COMPUTE = List.of("cpu", "memory", "limits.cpu",
            "limits.memory", "requests.cpu", "requests.memory");

    private final ApiObject object;
    private final Scopes scopes;
    /** What may be used, by name. */
    private final Map<String, Quantity> hard;

    public Quota(ApiObject object) {
        this.object = object;
        this.scopes = Scopes.of(object.tree().path("spec"));
        this.hard = PodAmounts.quantities(object.tree().path("spec").path("hard"));
    }

    /** What this quota counts of an object; nothing if it is outside of its scopes. */
    public Map<String, Quantity> charge(GroupResource type, ApiObject charged) {
        boolean pod = type.equals(GroupResource.PODS);
        if (!scopes.isEmpty() && !(pod && scopes.matchPod(charged.tree().path("spec")))) {
            return Map.of();
        }
        Map<String, Quantity> charge = new TreeMap<>(Charges.of(type, charged));
        charge.keySet().retainAll(hard.keySet());
        return charge;
    }

    /** The kinds of which this quota counts something. */
    public List<GroupResource> types() {
        TreeSet<GroupResource> types = new TreeSet<>();
        for (String name : hard.keySet()) {
            if (name.startsWith("count/")) {
                String counted = name.substring("count/".length());
                int dot = counted.indexOf('.');
                types.add(dot < 0
                        ? new GroupResource("", counted)
                        : new GroupResource(counted.substring(dot + 1),
                                counted.substring(0, dot)));
            } else if (name.contains("storage") && !name.contains("ephemeral")) {
                types.add(GroupResource.PERSISTENT_VOLUME_CLAIMS);
            } else if (name.startsWith("services")) {
                types.add(GroupResource.SERVICES);
            } else if (name.startsWith("limits.") || name.startsWith("requests.")
                    || COMPUTE.contains(name) || name.equals("pods")
                    || name.equals("ephemeral-storage")) {
                types.add(GroupResource.PODS);
            } else {
                types.add(new GroupResource("", name));
            }
        }
        return List.copyOf(types);
    }

    private Map<String, Quantity> used() {
        return PodAmounts.quantities(object.tree().path("status").path("used"));
    }

    /** Why a new pod says too little to be counted; empty if it does not. */
    public Optional<String> unspecified(ApiObject pod) {
        if (!scopes.isEmpty() && !scopes.matchPod(pod.tree().path("spec"))) {
            return Optional.empty();
        }
        List<String> missing = new ArrayList<>();
        for (String name : hard.keySet()) {
            TreeSet<String> containers = new TreeSet<>();
            if (COMPUTE.contains(name)) {
                String list = list(name);
                String amount = name.substring(name.indexOf('.') + 1);
                for (String field : List.of("containers", "initContainers")) {
                    for (JsonNode container : pod.tree().path("spec").path(field)) {
                        if (!container.path("resources").path(list).has(amount)) {
                            containers.add(container.path("name").asText(""));
                        }
                    }
                }
            }
            if (!containers.isEmpty() && !pod.tree().path("spec").path("resources").path(list(
                    name)).has(name.substring(name.indexOf('.') + 1))) {
                missing.add(name + " for: " + String.join(",", containers));
            }
        }
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("failed quota: " + object.name() + ": must specify "
                        + String.join("; ", missing));
    }

    private static String list(String name) {
        return name.startsWith("limits.") ? "limits" : "requests";
    }

    /** Why {@code more} may not be used; empty if it fits. */
    public Optional<String> exceeded(Map<String, Quantity> more) {
        Map<String, Quantity> used = used();
        TreeSet<String> unknown = new TreeSet<>(more.keySet());
        unknown.removeAll(used.keySet());
        if (!unknown.isEmpty()) {
            return Optional.of("status unknown for quota: " + object.name() + ", resources: "
                    + String.join(",", unknown));
        }
        Map<String, Quantity> over = new TreeMap<>();
        more.forEach((name, amount) -> {
            Quantity most = hard.getOrDefault(name, Quantity.ZERO);
            if (used.getOrDefault(name, Quantity.ZERO).plus(amount).compareTo(most) > 0) {
                over.put(name, amount);
            }
        });
        if (over.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("exceeded quota: " + object.name() + ", requested: " + text(over)
                + ", used: " + text(select(used, over)) + ", limited: "
                + text(select(hard, over)));
    }

    private static Map<String, Quantity> select(Map<String, Quantity> from,
            Map<String, Quantity> names) {
        Map<String, Quantity> selected = new TreeMap<>(from);
        selected.keySet().retainAll(names.keySet());
        return selected;
    }

    private static String text(Map<String, Quantity> amounts) {
        List<String> texts = new ArrayList<>();
        amounts.forEach((name, amount) -> texts.add(name + "=" + amount));
        return String.join(",", texts);
    }

    /** Counts {@code more} as used. */
    public void use(Map<String, Quantity> more) {
        Map<String, Quantity> used = new TreeMap<>(used());
        more.forEach((name, amount) -> used.merge(name, amount, Quantity::plus));
        object.status().set("used", json(used));
    }

    /** Sets the status to what is said to be used, unless it says so already. */
    public void recount(Map<String, Quantity> sum) {
        Map<String, Quantity> used = new TreeMap<>();
        hard.keySet().forEach(
                name -> used.put(name, sum.getOrDefault(name, Quantity.ZERO)));
        boolean same = used.equals(used()) && PodAmounts
                .quantities(object.tree().path("status").path("hard")).equals(hard);
        if (!same) {
            object.status().set("hard", object.tree().path("spec").path("hard").deepCopy());
            object.status().set("used", json(used));
        }
    }

    private static ObjectNode json(Map<String, Quantity> amounts) {
        ObjectNode json = Json.object();
        amounts.forEach((name, amount) -> json.put(name, amount.toString()));
        return json;
    }
}
