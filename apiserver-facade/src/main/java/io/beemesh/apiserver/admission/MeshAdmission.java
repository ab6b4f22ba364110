package io.beemesh.apiserver.admission;

import io.beemesh.apiserver.engine.WriteAdmission;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.quota.Quotas;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The admission of what users write; any thread. What controllers write goes through {@link ControllerAdmission}. */
public final class MeshAdmission implements WriteAdmission {
    private final ServiceAdmission services;
    private final PodDefaults pods;
    private final Quotas quotas;
    private final PodSecurity security;

    /** @param clock wall time, such as {@code loop::wallTime} */
    public MeshAdmission(Registry registry, Supplier<Instant> clock) {
        this.pods = new PodDefaults(registry);
        this.quotas = new Quotas(registry);
        this.security = new PodSecurity(registry, clock);
        this.services = new ServiceAdmission(registry, clock);
    }

    /** Follows what pods get by default; on the loop. */
    public void start() {
        pods.start();
        quotas.start();
    }

    @Override
    public Outcome admitCreate(ResourceDescriptor resource, ApiObject object) {
        if (resource.type().equals(GroupResource.PODS)) {
            return refusal(pods.apply(object));
        }
        return resource.type().equals(GroupResource.SERVICES)
                ? services.admit(object, Optional.empty())
                : Outcome.ADMITTED;
    }

    @Override
    public Outcome admitUpdate(ResourceDescriptor resource, ApiObject next, ApiObject current) {
        return resource.type().equals(GroupResource.SERVICES)
                ? services.admit(next, Optional.of(current))
                : Outcome.ADMITTED;
    }

    @Override
    public Outcome check(ResourceDescriptor resource, ApiObject next, Optional<ApiObject> current,
            Outcome admitted) {
        ApiObject before = current.orElseGet(PodSecurity::nothing);
        boolean isNew = current.isEmpty();
        Outcome checked = Outcome.ADMITTED;
        boolean counts = isNew || resource.type().equals(GroupResource.SERVICES);
        if (resource.type().equals(GroupResource.PODS)) {
            checked = refusal(security.refusal(next, before));
        } else if (resource.type().equals(GroupResource.NAMESPACES)) {
            checked = new Outcome(List.of(), PodSecurity.labelErrors(next, before), "");
        } else if (resource.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS) && (isNew
                || !next.tree().path("spec").equals(before.tree().path("spec")))) {
            checked = refusal(pods.checkClaim(next));
            counts = true;
        }
        if (!checked.isAdmitted()) {
            return checked;
        }
        return counts ? charged(resource, next, current, admitted) : admitted;
    }

    @Override
    public CompletableFuture<List<String>> warnings(ResourceDescriptor resource, ApiObject next,
            ApiObject current, Executor workers) {
        return security.warnings(resource.type(), next, current, workers);
    }

    /** Adds what the write uses of quotas to what is committed with it. */
    private Outcome charged(ResourceDescriptor resource, ApiObject object,
            Optional<ApiObject> before, Outcome outcome) {
        if (!quotas.has(object.namespace())) {
            return outcome;
        }
        Map<StoredObject, ApiObject> edits = new LinkedHashMap<>();
        Optional<String> refusal = quotas.charge(resource.type(), object, before,
                stored -> edits.computeIfAbsent(stored, StoredObject::object));
        if (refusal.isPresent()) {
            return refusal(refusal.get());
        }
        List<Mutation> companions = new ArrayList<>(outcome.companions());
        edits.forEach((stored, next) -> companions.add(
                new Mutation.Update(Draft.of(stored.key(), next), stored.version())));
        return new Outcome(companions, List.of(), "");
    }

    @Override
    public List<Mutation> onRemove(ResourceDescriptor resource, ApiObject last) {
        return resource.type().equals(GroupResource.SERVICES)
                ? services.onRemove(last)
                : List.of();
    }

    private static Outcome refusal(String refusal) {
        return refusal.isEmpty() ? Outcome.ADMITTED : new Outcome(List.of(), List.of(), refusal);
    }
}
