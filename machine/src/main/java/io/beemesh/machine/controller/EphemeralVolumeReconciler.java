package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.EphemeralClaims;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Makes the claims of pods' generic ephemeral volumes, owned by the pod: the garbage collector removes them
 * with it.
 */
final class EphemeralVolumeReconciler implements Reconciler {
    private static final String COMPONENT = "ephemeral_volume";

    private final Store store;

    EphemeralVolumeReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.PODS, "").forEach(pod -> enqueue.accept(pod.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.PODS) && change.kind() == Change.Kind.ADDED) {
            enqueue.accept(key);
        } else if (key.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)
                && change.kind() == Change.Kind.DELETED) {
            // Some pod may miss it, or could not have one for it: whichever name begins so.
            String name = key.name();
            for (int dash = name.indexOf('-'); dash > 0; dash = name.indexOf('-', dash + 1)) {
                ObjectKey pod = new ObjectKey(GroupResource.PODS, key.namespace(),
                        name.substring(0, dash));
                store.get(pod).map(StoredObject::key).ifPresent(enqueue);
            }
        }
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<ApiObject> pod = store.get(key).map(StoredObject::object)
                .filter(p -> !p.isDeleting());
        if (pod.isEmpty()) {
            return Reconciler.done();
        }
        Batch batch = store.batch(COMPONENT);
        for (JsonNode volume : pod.get().spec().path("volumes")) {
            String failure = EphemeralClaims.isEphemeral(volume)
                    ? provide(batch, pod.get(), volume)
                    : "";
            if (!failure.isEmpty()) {
                String message = "ephemeral volume " + volume.path("name").asText("") + ": "
                        + failure;
                batch.eventNow(pod.get(), Severity.WARNING, "FailedBinding", message);
                return batch.commit(new Outcome.Retry(message));
            }
        }
        return batch.commit(new Outcome.Done());
    }

    /** Sees to it that a volume has its claim; why that cannot be, or nothing. */
    private String provide(Batch batch, ApiObject pod, JsonNode volume) {
        ObjectKey key = new ObjectKey(GroupResource.PERSISTENT_VOLUME_CLAIMS, pod.namespace(),
                EphemeralClaims.claimName(pod.name(), volume));
        Optional<StoredObject> existing = store.get(key);
        if (existing.isPresent()) {
            return existing.get().controllerUid().equals(pod.uid())
                    ? ""
                    : EphemeralClaims.notOwner(key, pod.name());
        }
        try {
            batch.create(key.type(), claim(pod, key.name(),
                    volume.path("ephemeral").path("volumeClaimTemplate")));
            return "";
        } catch (RejectedException e) {
            return "create PVC " + key.name() + ": " + e.getMessage();
        }
    }

    private static ApiObject claim(ApiObject pod, String name, JsonNode template) {
        ObjectNode tree = Json.object();
        tree.put("kind", "PersistentVolumeClaim");
        tree.put("apiVersion", "v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", name);
        metadata.put("namespace", pod.namespace());
        for (String field : List.of("annotations", "labels")) {
            if (!template.path("metadata").path(field).isEmpty()) {
                metadata.set(field, template.path("metadata").path(field).deepCopy());
            }
        }
        metadata.putArray("ownerReferences").add(Workloads.controllerReference(pod));
        tree.set("spec", template.path("spec").deepCopy());
        return new ApiObject(tree);
    }
}
