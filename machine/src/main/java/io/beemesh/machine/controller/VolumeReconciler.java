package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.EphemeralClaims;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.LocalVolume;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Binds claims to volumes: a volume of the class local-path is made on the machine that the scheduler
 * chose for the claim's first pod; claims and volumes in use are kept from being deleted.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/storage/persistent-volumes/">persistent volumes</a>
 */
final class VolumeReconciler implements Reconciler {
    static final String COMPONENT = "persistentvolume-controller";
    static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";
    private static final String CLAIM_PROTECTION = "kubernetes.io/pvc-protection";
    private static final String VOLUME_PROTECTION = "kubernetes.io/pv-protection";

    private final Store store;
    private final UnaryOperator<String> volumePath;

    /** @param volumePath the directory of a volume's data, by volume name */
    VolumeReconciler(Store store, UnaryOperator<String> volumePath) {
        this.store = store;
        this.volumePath = volumePath;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.PERSISTENT_VOLUME_CLAIMS, "")
                .forEach(c -> enqueue.accept(c.key()));
        store.list(GroupResource.PERSISTENT_VOLUMES, "").forEach(v -> enqueue.accept(v.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)) {
            enqueue.accept(key);
            String volume = volumeName(change.object().object());
            if (!volume.isEmpty()) {
                enqueue.accept(ObjectKey.cluster(GroupResource.PERSISTENT_VOLUMES, volume));
            }
        } else if (key.type().equals(GroupResource.PERSISTENT_VOLUMES)) {
            enqueue.accept(key);
            Optional<ObjectKey> claim = claimOf(change.object().object());
            claim.ifPresent(enqueue);
            if (claim.isEmpty() && change.kind() != Change.Kind.DELETED) {
                // Free: some claim may wait for it.
                store.list(GroupResource.PERSISTENT_VOLUME_CLAIMS, "")
                        .forEach(c -> enqueue.accept(c.key()));
            }
        } else if (key.type().equals(GroupResource.STORAGE_CLASSES)
                && change.kind() != Change.Kind.DELETED) {
            store.list(GroupResource.PERSISTENT_VOLUME_CLAIMS, "")
                    .forEach(c -> enqueue.accept(c.key()));
        } else if (key.type().equals(GroupResource.NODES)
                && change.kind() == Change.Kind.DELETED) {
            store.list(GroupResource.PERSISTENT_VOLUMES, "").forEach(v -> enqueue.accept(v.key()));
        } else if (key.type().equals(GroupResource.PODS)
                && change.kind() != Change.Kind.ADDED) {
            releaseClaims(change, enqueue);
        }
    }

    /** A pod that ended or went may have been the last user of a claim that is being deleted. */
    private static void releaseClaims(Change change, Consumer<ObjectKey> enqueue) {
        String phase = change.object().fields().getOrDefault("status.phase", "");
        boolean ended = change.kind() == Change.Kind.DELETED || phase.equals("Succeeded")
                || phase.equals("Failed");
        if (ended) {
            ApiObject pod = change.object().object();
            for (JsonNode volume : pod.spec().path("volumes")) {
                String claim = EphemeralClaims.claimName(pod.name(), volume);
                if (!claim.isEmpty()) {
                    enqueue.accept(new ObjectKey(GroupResource.PERSISTENT_VOLUME_CLAIMS,
                            pod.namespace(), claim));
                }
            }
        }
    }

    @Override
    public List<ObjectKey> judgedBy(ObjectKey key) {
        Optional<ApiObject> object = store.get(key).map(StoredObject::object);
        if (object.isEmpty()) {
            return List.of();
        }
        if (key.type().equals(GroupResource.PERSISTENT_VOLUMES)) {
            return claimOf(object.get()).stream().toList();
        }
        String volume = volumeName(object.get());
        return List.of(ObjectKey.cluster(GroupResource.PERSISTENT_VOLUMES,
                volume.isEmpty() ? volumeOf(object.get()) : volume));
    }

    /** The volume that is made for a claim. */
    private static String volumeOf(ApiObject claim) {
        return "pvc-" + claim.uid();
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty()) {
            return Reconciler.done();
        }
        return key.type().equals(GroupResource.PERSISTENT_VOLUMES)
                ? reconcileVolume(stored.get())
                : reconcileClaim(stored.get());
    }

    private CompletableFuture<Outcome> reconcileClaim(StoredObject stored) {
        Batch batch = store.batch(COMPONENT);
        ApiObject claim = batch.edit(stored);
        if (claim.isDeleting()) {
            if (Finalizers.has(claim, CLAIM_PROTECTION) && !isUsed(claim)) {
                Finalizers.remove(batch, stored, CLAIM_PROTECTION);
            }
            return batch.commit(new Outcome.Done());
        }
        Finalizers.add(claim, CLAIM_PROTECTION);
        if (!claim.status().has("phase")) {
            claim.status().put("phase", "Pending");
        }
        String volume = volumeName(claim);
        if (volume.isEmpty()) {
            return provision(batch, claim);
        }
        Optional<StoredObject> bound = volume(volume);
        if (bound.isPresent()) {
            return bindNamed(batch, claim, bound.get());
        } else if (claim.status().path("phase").asText("").equals("Bound")) {
            claim.status().put("phase", "Lost");
            batch.event(claim, Severity.WARNING, "ClaimLost",
                    "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        }
        return batch.commit(new Outcome.Done());
    }

    /** A claim without a class gets the default one, also when that comes later; the newest counts. */
    private void setDefaultClass(ApiObject claim) {
        if (claim.spec().has("storageClassName")) {
            return;
        }
        store.list(GroupResource.STORAGE_CLASSES, "").stream().map(StoredObject::object)
                .filter(c -> c.annotations().getOrDefault(Bootstrap.DEFAULT_CLASS, "")
                        .equals("true"))
                .max(Comparator.comparing(c -> c.creationTimestamp().orElse(Instant.EPOCH)))
                .ifPresent(c -> claim.spec().put("storageClassName", c.name()));
    }

    private CompletableFuture<Outcome> provision(Batch batch, ApiObject claim) {
        setDefaultClass(claim);
        String name = claim.spec().path("storageClassName").asText("");
        Optional<ApiObject> storageClass = store
                .get(ObjectKey.cluster(GroupResource.STORAGE_CLASSES, name))
                .map(StoredObject::object);
        String node = claim.annotations().getOrDefault(SELECTED_NODE, "");
        boolean ours = storageClass.map(c -> c.tree().path("provisioner").asText("")
                .equals(Bootstrap.PROVISIONER)).orElse(false);
        if (!ours) {
            return bindExisting(batch, claim);
        }
        if (node.isEmpty()) {
            batch.event(claim, Severity.NORMAL, "WaitForFirstConsumer",
                    "waiting for first consumer to be created before binding");
            return batch.commit(new Outcome.Done());
        }
        String volume = volumeOf(claim);
        if (volume(volume).isPresent()) {
            claim.spec().put("volumeName", volume);
            bind(claim, volume(volume).get().object());
            batch.event(claim, Severity.NORMAL, "ProvisioningSucceeded",
                    "Successfully provisioned volume " + volume);
            return batch.commit(new Outcome.Done());
        }
        // The volume is of another slot: it is written first, and the claim once it is there.
        Batch first = store.batch(COMPONENT);
        try {
            first.create(GroupResource.PERSISTENT_VOLUMES,
                    LocalVolumes.volume(claim, storageClass.get(), volume, node,
                            path(volume, node)));
        } catch (RejectedException e) {
            batch.eventNow(claim, Severity.WARNING, "ProvisioningFailed",
                    "failed to provision volume: " + e.getMessage());
            return batch.commit(new Outcome.Retry(String.valueOf(e.getMessage())));
        }
        return batch.commit(new Outcome.Done())
                .thenCompose(_ -> first.commit(new Outcome.Done()));
    }

    private String path(String volume, String node) {
        return store.get(ObjectKey.cluster(GroupResource.NODES, node))
                .map(n -> n.object().annotations().get(Controllers.VOLUME_DIRECTORY))
                .map(directory -> directory + "/" + volume)
                .orElseGet(() -> volumePath.apply(volume));
    }

    /** The smallest free volume that a user made and that will do. */
    private CompletableFuture<Outcome> bindExisting(Batch batch, ApiObject claim) {
        Optional<StoredObject> match = LocalVolumes.match(claim,
                store.list(GroupResource.PERSISTENT_VOLUMES, ""));
        if (match.isEmpty()) {
            return batch.commit(new Outcome.Done());
        }
        claim.spec().put("volumeName", match.get().key().name());
        return reserve(batch, claim, match.get());
    }

    /** The volume that the claim itself names; it may be that of another claim. */
    private CompletableFuture<Outcome> bindNamed(Batch batch, ApiObject claim,
            StoredObject volume) {
        JsonNode reserved = volume.object().spec().path("claimRef");
        if (!reserved.isObject() || (LocalVolumes.isFor(reserved, claim)
                && reserved.path("uid").asText("").isEmpty())) {
            return reserve(batch, claim, volume);
        }
        if (LocalVolumes.isFor(reserved, claim)) {
            bind(claim, volume.object());
        } else if (!claim.status().path("phase").asText("").equals("Bound")) {
            batch.event(claim, Severity.WARNING, "FailedBinding", "volume \""
                    + volume.key().name() + "\" already bound to a different claim.");
        }
        return batch.commit(new Outcome.Done());
    }

    /** Binds both. The volume is of another slot: it is written first, so that no other claim gets it. */
    private CompletableFuture<Outcome> reserve(Batch batch, ApiObject claim,
            StoredObject volume) {
        Batch first = store.batch(COMPONENT);
        first.edit(volume).spec().set("claimRef", LocalVolumes.reference(claim));
        bind(claim, volume.object());
        return first.commit(new Outcome.Done())
                .thenCompose(outcome -> outcome instanceof Outcome.Done
                        ? batch.commit(outcome)
                        : CompletableFuture.completedFuture(outcome));
    }

    private static void bind(ApiObject claim, ApiObject volume) {
        if (claim.status().path("phase").asText("").equals("Bound")) {
            return;
        }
        claim.metadata().withObjectProperty("annotations")
                .put("pv.kubernetes.io/bind-completed", "yes");
        claim.status().put("phase", "Bound");
        claim.status().set("accessModes", volume.spec().path("accessModes").deepCopy());
        ObjectNode capacity = Json.object();
        capacity.set("storage", volume.spec().path("capacity").path("storage"));
        claim.status().set("capacity", capacity);
    }

    private CompletableFuture<Outcome> reconcileVolume(StoredObject stored) {
        Batch batch = store.batch(COMPONENT);
        ApiObject volume = batch.edit(stored);
        Optional<ObjectKey> key = claimOf(volume);
        String uid = volume.spec().path("claimRef").path("uid").asText("");
        boolean bound = key.flatMap(store::get).map(c -> uid.isEmpty() || c.uid().equals(uid))
                .orElse(false);
        if (volume.isDeleting()) {
            if (!bound && Finalizers.has(volume, VOLUME_PROTECTION)) {
                Finalizers.remove(batch, stored, VOLUME_PROTECTION);
            } else if (LocalVolume.waitsForData(volume) && store
                    .get(ObjectKey.cluster(GroupResource.NODES, LocalVolume.node(volume)))
                    .isEmpty()) {
                // Its machine has left with it.
                Finalizers.remove(batch, stored, LocalVolume.DATA);
            }
            return batch.commit(new Outcome.Done());
        }
        Finalizers.add(volume, VOLUME_PROTECTION);
        if (key.isEmpty()) {
            volume.status().put("phase", "Available");
        } else if (bound) {
            volume.status().put("phase", "Bound");
        } else if (isBeingMade(volume)) {
            return batch.commit(new Outcome.Done());
        } else if (volume.spec().path("persistentVolumeReclaimPolicy").asText("Retain")
                .equals("Delete")) {
            // The machine removes the data, and lets the volume go.
            batch.delete(stored, GracefulDeletion.Options.DEFAULT);
        } else {
            volume.status().put("phase", "Released");
        }
        return batch.commit(new Outcome.Done());
    }

    /** Reserved by a user for a claim that does not exist yet. */
    private static boolean isBeingMade(ApiObject volume) {
        return volume.spec().path("claimRef").path("uid").asText("").isEmpty();
    }

    private boolean isUsed(ApiObject claim) {
        for (StoredObject pod : store.list(GroupResource.PODS, claim.namespace())) {
            if (uses(pod.object(), claim)) {
                return true;
            }
        }
        return false;
    }

    private static boolean uses(ApiObject pod, ApiObject claim) {
        if (Pods.isTerminal(pod)) {
            return false;
        }
        // One that waits for nothing but its claim's end may not keep it.
        boolean over = pod.isDeleting()
                && pod.metadata().path("deletionGracePeriodSeconds").asLong(0) == 0;
        for (JsonNode volume : pod.spec().path("volumes")) {
            boolean mayUse = !EphemeralClaims.isEphemeral(volume)
                    || (EphemeralClaims.isFor(pod.uid(), claim) && !over);
            if (mayUse && EphemeralClaims.claimName(pod.name(), volume).equals(claim.name())) {
                return true;
            }
        }
        return false;
    }

    private Optional<StoredObject> volume(String name) {
        return store.get(ObjectKey.cluster(GroupResource.PERSISTENT_VOLUMES, name));
    }

    private static String volumeName(ApiObject claim) {
        return claim.spec().path("volumeName").asText("");
    }

    private static Optional<ObjectKey> claimOf(ApiObject volume) {
        JsonNode reference = volume.spec().path("claimRef");
        return reference.isObject()
                ? Optional.of(new ObjectKey(GroupResource.PERSISTENT_VOLUME_CLAIMS,
                        reference.path("namespace").asText(""),
                        reference.path("name").asText("")))
                : Optional.empty();
    }
}
