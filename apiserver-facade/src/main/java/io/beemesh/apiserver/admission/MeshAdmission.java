package io.beemesh.apiserver.admission;

import io.beemesh.apiserver.engine.WriteAdmission;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The admission of what users write; any thread. What controllers write goes through {@link ControllerAdmission}. */
public final class MeshAdmission implements WriteAdmission {
    private final ServiceAdmission services;
    private final PodDefaults pods;

    /** @param clock wall time, such as {@code loop::wallTime} */
    public MeshAdmission(Registry registry, Supplier<Instant> clock) {
        this.pods = new PodDefaults(registry);
        this.services = new ServiceAdmission(registry, clock);
    }

    /** Follows what pods get by default; on the loop. */
    public void start() {
        pods.start();
    }

    @Override
    public Outcome admitCreate(ResourceDescriptor resource, ApiObject object) {
        if (resource.type().equals(GroupResource.PODS)) {
            return pod(object);
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
        if (resource.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)
                && !next.spec().equals(current.spec())) {
            return refusal(pods.checkClaim(next));
        }
        return resource.type().equals(GroupResource.SERVICES)
                ? services.admit(next, Optional.of(current))
                : Outcome.ADMITTED;
    }

    @Override
    public List<Mutation> onRemove(ResourceDescriptor resource, ApiObject last) {
        return resource.type().equals(GroupResource.SERVICES)
                ? services.onRemove(last)
                : List.of();
    }

    private Outcome pod(ApiObject pod) {
        String refusal = pods.apply(pod);
        if (refusal.isEmpty() && pods.account(pod).isEmpty()) {
            String account = pod.spec().path("serviceAccountName").asText("");
            refusal = "error looking up service account " + pod.namespace() + "/" + account
                    + ": serviceaccount \"" + account + "\" not found";
        }
        return refusal(refusal);
    }

    private static Outcome refusal(String refusal) {
        return refusal.isEmpty() ? Outcome.ADMITTED : new Outcome(List.of(), List.of(), refusal);
    }
}
