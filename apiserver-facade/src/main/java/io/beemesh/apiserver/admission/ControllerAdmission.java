package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.patch.Manager;
import io.beemesh.apiserver.patch.ServerSideApply;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.quota.Quotas;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Brings what controllers make into the state that the API gives what users make: identity, defaults,
 * admission, validation. On the loop, as its random numbers are not for two threads.
 */
public final class ControllerAdmission implements Admission {
    /** As what Kubernetes' controllers write. */
    private static final String MANAGER = "kube-controller-manager";
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;
    private static final int BASE_LENGTH_MAX = 63 - SUFFIX_LENGTH;
    private final ResourceCatalog catalog;
    private final RandomGenerator random;
    private final Supplier<Instant> clock;
    private final PodDefaults pods;
    private final Quotas quotas;
    private final PodSecurity security;

    /** @param clock wall time, such as {@code loop::wallTime} */
    public ControllerAdmission(ResourceCatalog catalog, Registry registry, RandomGenerator random,
            Supplier<Instant> clock) {
        this.catalog = catalog;
        this.random = random;
        this.clock = clock;
        this.pods = new PodDefaults(registry);
        this.quotas = new Quotas(registry);
        this.security = new PodSecurity(registry, clock);
    }

    /** Follows what pods get by default; on the loop. */
    public void start() {
        pods.start();
        quotas.start();
    }

    @Override
    public void prepareCreate(GroupResource type, ApiObject object) throws RejectedException {
        Optional<ResourceDescriptor> found = catalog.find(type);
        if (found.isEmpty()) {
            identify(object);
            return;
        }
        ResourceDescriptor resource = found.get();
        object.tree().put("kind", resource.kind());
        object.tree().put("apiVersion", resource.apiVersion());
        identify(object);
        resource.strategy().setDefaults(object);
        resource.strategy().prepareCreate(object);
        String refusal = "";
        if (type.equals(GroupResource.PODS)) {
            refusal = pods.apply(object);
            refusal = refusal.isEmpty()
                    ? security.refusal(object, PodSecurity.nothing())
                    : refusal;
        } else if (type.equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)) {
            refusal = pods.checkClaim(object);
        } else if (type.equals(GroupResource.SERVICES)
                && !object.spec().path("clusterIP").asText("").isEmpty()) {
            ServiceAdmission.setAddress(object.spec(), object.spec().path("clusterIP").asText());
        }
        if (!refusal.isEmpty()) {
            throw forbidden(type, object, refusal);
        }
        List<FieldError> errors = resource.strategy().validateCreate(object);
        if (!errors.isEmpty()) {
            throw new RejectedException(message(resource, object, errors));
        }
    }

    @Override
    public void manage(GroupResource type, ApiObject before, ApiObject next) {
        catalog.find(type).ifPresent(resource -> {
            ServerSideApply owners = new ServerSideApply(resource.schema().get());
            JsonNode status = next.tree().path("status");
            JsonNode old = before.tree().path("status");
            boolean created = before.tree().isEmpty();
            if (!created && !status.equals(old)) {
                ApiObject main = next.copy();
                setStatus(main, old);
                record(owners, resource, before, main, "");
                record(owners, resource, main, next, "status");
            } else {
                record(owners, resource, before, next, "");
            }
        });
    }

    private static void setStatus(ApiObject object, JsonNode status) {
        if (status.isMissingNode()) {
            object.tree().remove("status");
        } else {
            object.tree().set("status", status);
        }
    }

    private void record(ServerSideApply owners, ResourceDescriptor resource, ApiObject before,
            ApiObject next, String subresource) {
        owners.update(before.tree(), next.tree(),
                before.tree().path("metadata").path("managedFields"),
                new Manager(MANAGER, false, resource.apiVersion(), subresource), clock.get());
    }

    @Override
    public void charge(GroupResource type, ApiObject object,
            Function<StoredObject, ApiObject> editor) throws RejectedException {
        Optional<String> refusal = quotas.charge(type, object, Optional.empty(), editor);
        if (refusal.isPresent()) {
            throw forbidden(type, object, refusal.get());
        }
    }

    private static RejectedException forbidden(GroupResource type, ApiObject object,
            String refusal) {
        return new RejectedException(
                type + " \"" + object.name() + "\" is forbidden: " + refusal);
    }

    private void identify(ApiObject object) {
        String base = object.metadata().path("generateName").asText("");
        if (object.name().isEmpty() && !base.isEmpty()) {
            object.metadata().put("name", generatedName(base));
        }
        if (object.uid().isEmpty()) {
            long high = (random.nextLong() & ~0xf000L) | 0x4000L;
            long low = (random.nextLong() & ~(3L << 62)) | (2L << 62);
            object.metadata().put("uid", new UUID(high, low).toString());
        }
        if (object.metadata().path("creationTimestamp").asText("").isEmpty()) {
            object.metadata().put("creationTimestamp",
                    clock.get().truncatedTo(ChronoUnit.SECONDS).toString());
        }
    }

    private String generatedName(String base) {
        StringBuilder name = new StringBuilder(
                base.length() > BASE_LENGTH_MAX ? base.substring(0, BASE_LENGTH_MAX) : base);
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            name.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return name.toString();
    }

    private static String message(ResourceDescriptor resource, ApiObject object,
            List<FieldError> errors) {
        String group = resource.type().group();
        List<String> texts = errors.stream().map(e -> e.path() + ": " + e.detail()).toList();
        String all = texts.size() == 1 ? texts.getFirst() : "[" + String.join(", ", texts) + "]";
        return resource.kind() + (group.isEmpty() ? "" : "." + group) + " \"" + object.name()
                + "\" is invalid: " + all;
    }
}
