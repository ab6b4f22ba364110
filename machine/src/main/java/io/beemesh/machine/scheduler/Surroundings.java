package io.beemesh.machine.scheduler;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * All machines, and the objects beside pods and machines that filters look up.
 *
 * @param lookup the registry's committed state
 */
record Surroundings(List<NodeView> nodes, Function<ObjectKey, Optional<StoredObject>> lookup) {
    Surroundings {
        nodes = List.copyOf(nodes);
    }

    Map<String, String> namespaceLabels(String namespace) {
        return lookup.apply(ObjectKey.cluster(
                GroupResource.NAMESPACES, namespace))
                .map(StoredObject::labels).orElse(Map.of());
    }

    /** The same with one machine changed. */
    Surroundings with(NodeView changed) {
        return new Surroundings(
                nodes.stream().map(n -> n.name().equals(changed.name()) ? changed : n).toList(),
                lookup);
    }
}
