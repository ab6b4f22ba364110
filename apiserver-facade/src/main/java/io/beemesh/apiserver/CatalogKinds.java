package io.beemesh.apiserver;

import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.controller.Kinds;
import io.beemesh.machine.object.GroupResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the controllers know of the catalogue. */
final class CatalogKinds implements Kinds {
    private final ResourceCatalog catalog;
    private final List<GroupResource> all = new ArrayList<>();

    CatalogKinds(ResourceCatalog catalog) {
        this.catalog = catalog;
        // Pods first: what they use must outlive them.
        all.add(GroupResource.PODS);
        catalog.all().stream().filter(kind -> kind.stored() && !kind.isView())
                .map(ResourceDescriptor::type).filter(type -> !type.equals(GroupResource.PODS))
                .forEach(all::add);
    }

    @Override
    public List<GroupResource> all() {
        return List.copyOf(all);
    }

    @Override
    public boolean isNamespaced(GroupResource type) {
        return catalog.find(type).map(ResourceDescriptor::namespaced).orElse(false);
    }

    @Override
    public Optional<GroupResource> find(String apiVersion, String kind) {
        return catalog.all().stream()
                .filter(d -> d.kind().equals(kind) && d.apiVersion().equals(apiVersion))
                .map(ResourceDescriptor::storage).findFirst();
    }
}
