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
        Outcome outcome = admit(resource, object);
        return outcome.isAdmitted()
                ? charged(resource, object, Optional.empty(), outcome)
                : outcome;
    }

    private Outcome admit(ResourceDescriptor resource, ApiObject object) {
        if (resource.type().equals(GroupResource.PODS)) {
            String refusal = pods.apply(object);
            return refusal(
                    refusal.isEmpty() ? security.refusal(object, PodSecurity.nothing()) : refusal);
        }
        if (resource.type().equals(GroupResource.NAMESPACES)) {
            return new Outcome(List.of(), PodSecurity.labelErrors(object, PodSecurity.nothing()),
                    "");
        }
        if (resource.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)) {
            return refusal(pods.checkClaim(object));
        }
        return resource.type().equals(GroupResource.SERVICES)
                ? services.admit(object, Optional.empty())
                : Outcome.ADMITTED;
    }

    @Override
    public Outcome admitUpdate(ResourceDescriptor resource, ApiObject next, ApiObject current) {
        if (resource.type().equals(GroupResource.PODS)) {
            return refusal(security.refusal(next, current));
        }
        if (resource.type().equals(GroupResource.NAMESPACES)) {
            return new Outcome(List.of(), PodSecurity.labelErrors(next, current), "");
        }
        boolean service = resource.type().equals(GroupResource.SERVICES);
        boolean claim = resource.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS);
        boolean same = next.tree().path("spec").equals(current.tree().path("spec"));
        if (!service && (!claim || same)) {
            return Outcome.ADMITTED;
        }
        Outcome outcome = service
                ? services.admit(next, Optional.of(current))
                : refusal(pods.checkClaim(next));
        return outcome.isAdmitted()
                ? charged(resource, next, Optional.of(current), outcome)
                : outcome;
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
