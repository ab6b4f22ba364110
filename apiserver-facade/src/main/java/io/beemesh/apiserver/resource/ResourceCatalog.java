package io.beemesh.apiserver.resource;

import io.beemesh.machine.object.GroupResource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds that this server serves, in the order of discovery; immutable. */
public final class ResourceCatalog {
    private final Map<GroupResource, ResourceDescriptor> descriptors = new LinkedHashMap<>();

    public ResourceCatalog(List<ResourceDescriptor> descriptors) {
        descriptors.forEach(d -> this.descriptors.put(d.type(), d));
    }

    public Collection<ResourceDescriptor> all() {
        return descriptors.values();
    }

    public Optional<ResourceDescriptor> find(GroupResource type) {
        return Optional.ofNullable(descriptors.get(type));
    }
}
