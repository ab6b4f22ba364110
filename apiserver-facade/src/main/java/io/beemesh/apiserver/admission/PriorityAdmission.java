package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.util.List;
import java.util.Optional;

/**
 * Gives a new pod the priority of its class, or of the class that is the default for all. Any thread, but
 * for {@link #start}.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/">pod
 *     priority</a>
 */
final class PriorityAdmission implements WatchListener {
    private final Registry registry;
    private volatile Optional<ObjectKey> byDefault = Optional.empty();

    PriorityAdmission(Registry registry) {
        this.registry = registry;
    }

    /** Follows which class is the default; on the loop. */
    void start() {
        registry.follow(this);
        choose();
    }

    /** Returns why nobody may make this pod, or nothing. */
    String apply(ObjectNode spec) {
        String name = spec.path("priorityClassName").asText("");
        Optional<StoredObject> found = name.isEmpty()
                ? byDefault.flatMap(registry::get)
                : registry.get(ObjectKey.cluster(GroupResource.PRIORITY_CLASSES, name));
        if (!name.isEmpty() && found.isEmpty()) {
            return "no PriorityClass with name " + name + " was found";
        }
        JsonNode priorityClass = found.<JsonNode>map(c -> c.object().tree())
                .orElseGet(spec::objectNode);
        int priority = priorityClass.path("value").asInt(0);
        if (spec.has("priority") && spec.path("priority").asInt() != priority) {
            return "the integer value of priority (" + spec.path("priority").asInt()
                    + ") must not be provided in pod spec; priority admission controller computed "
                    + priority + " from the given PriorityClass name";
        }
        if (name.isEmpty()) {
            found.ifPresent(c -> spec.put("priorityClassName", c.key().name()));
        }
        spec.put("priority", priority);
        String policy = priorityClass.path("preemptionPolicy").asText("PreemptLowerPriority");
        String asked = spec.path("preemptionPolicy").asText("");
        if (!asked.isEmpty() && !asked.equals(policy)) {
            return "the string value of PreemptionPolicy (" + asked
                    + ") must not be provided in pod spec; priority admission controller computed "
                    + policy + " from the given PriorityClass name";
        }
        spec.put("preemptionPolicy", policy);
        return "";
    }

    @Override
    public void onChanges(List<Change> changes) {
        if (changes.stream()
                .anyMatch(c -> c.object().key().type().equals(GroupResource.PRIORITY_CLASSES))) {
            choose();
        }
    }

    /** Of several the one of least value, as Kubernetes chooses. */
    private void choose() {
        Optional<StoredObject> chosen = Optional.empty();
        for (StoredObject one : registry.peek(GroupResource.PRIORITY_CLASSES, "")) {
            boolean better = one.object().tree().path("globalDefault").asBoolean(false)
                    && value(one) < chosen.map(PriorityAdmission::value).orElse(Long.MAX_VALUE);
            chosen = better ? Optional.of(one) : chosen;
        }
        byDefault = chosen.map(StoredObject::key);
    }

    private static long value(StoredObject priorityClass) {
        return priorityClass.object().tree().path("value").asLong(0);
    }

    @Override
    public void onProgress(long version) {
        // Only changes matter.
    }

    @Override
    public void onClosed(String reason) {
        byDefault = Optional.empty();
    }
}
