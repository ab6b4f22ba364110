package io.beemesh.apiserver;

import io.beemesh.apiserver.engine.WriteAdmission;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;

final class CatalogAdmission implements Admission, WriteAdmission {
    private final ResourceCatalog catalog;
    private final SplittableRandom random;
    private final InstantSource clock;

    CatalogAdmission(ResourceCatalog catalog, Registry registry, SplittableRandom random, InstantSource clock) {
        this.catalog = catalog;
        this.random = random;
        this.clock = clock;
    }

    @Override
    public void prepareCreate(GroupResource type, ApiObject object) throws RejectedException {
        ResourceDescriptor d = catalog.find(type).orElseThrow();
        if (object.uid().isEmpty()) {
            object.metadata().put("uid", new java.util.UUID(random.nextLong(), random.nextLong()).toString());
        }
        if (object.metadata().path("creationTimestamp").isMissingNode()) {
            object.metadata().put("creationTimestamp", clock.instant().truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString());
        }
        if (object.name().isEmpty()) {
            object.metadata().put("name", object.metadata().path("generateName").asText() + Integer.toHexString(random.nextInt() & 0xfffff));
        }
        d.strategy().prepareCreate(object);
        d.strategy().setDefaults(object);
        List<FieldError> errors = d.strategy().validateCreate(object);
        if (!errors.isEmpty()) {
            throw new RejectedException(errors.toString());
        }
    }

    @Override
    public Outcome admitCreate(ResourceDescriptor resource, ApiObject object) {
        return Outcome.ADMITTED;
    }

    @Override
    public Outcome admitUpdate(ResourceDescriptor resource, ApiObject next, ApiObject current) {
        return Outcome.ADMITTED;
    }

    @Override
    public List<Mutation> onRemove(ResourceDescriptor resource, ApiObject last) {
        return List.of();
    }
}
