package io.beemesh.machine.controller;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GracefulDeletion.Propagation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Runs the pods of each Job until enough have succeeded or too many failed.
 *
 * <p>Each pod carries a finalizer until it is counted: its end, its count in the Job's status and the
 * finalizer's removal are one log entry, so that no pod is counted twice or not at all.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/job/">Job</a>
 */
final class JobReconciler implements Reconciler {
    static final String COMPONENT = "job-controller";

    private final Store store;
    private final OwnerKeys owners;

    JobReconciler(Store store, OwnerKeys owners) {
        this.store = store;
        this.owners = owners;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.JOBS, "").forEach(job -> enqueue.accept(job.key()));
        store.list(GroupResource.PODS, "").forEach(pod -> routeByName(pod, enqueue));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        owners.route(change, GroupResource.JOBS, List.of(GroupResource.PODS), enqueue);
        if (change.object().key().type().equals(GroupResource.PODS)) {
            routeByName(change.object(), enqueue);
        }
    }

    /** Pods whose Job is gone still wait for their finalizer to be taken off. */
    private static void routeByName(StoredObject pod, Consumer<ObjectKey> enqueue) {
        String name = pod.labels().getOrDefault(JobPods.NAME_LABEL, "");
        if (!name.isEmpty()) {
            enqueue.accept(new ObjectKey(GroupResource.JOBS, pod.key().namespace(), name));
        }
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Batch batch = store.batch(COMPONENT);
        Optional<StoredObject> stored = store.get(key);
        releaseOrphans(batch, key, stored.map(StoredObject::uid).orElse(""));
        if (stored.isEmpty() || stored.get().object().isDeleting()) {
            stored.ifPresent(job -> release(batch, job.object()));
            return batch.commit(new Outcome.Done());
        }
        ApiObject job = batch.edit(stored.get());
        if (JobPods.isFinished(job)) {
            release(batch, job);
            return expire(batch, stored.get(), job);
        }
        return new JobStep(store, batch, job).run();
    }

    private void releaseOrphans(Batch batch, ObjectKey key, String uid) {
        for (StoredObject pod : store.list(GroupResource.PODS, key.namespace())) {
            if (key.name().equals(pod.labels().get(JobPods.NAME_LABEL))
                    && !pod.controllerUid().equals(uid)
                    && Finalizers.has(pod.object(), JobPods.FINALIZER)) {
                Finalizers.remove(batch, pod, JobPods.FINALIZER);
            }
        }
    }

    private void release(Batch batch, ApiObject job) {
        for (StoredObject pod : store.ownedBy(GroupResource.PODS, job)) {
            if (Finalizers.has(pod.object(), JobPods.FINALIZER)) {
                Finalizers.remove(batch, pod, JobPods.FINALIZER);
            }
        }
    }

    /** A finished Job goes when its time is up, if it has one. */
    private CompletableFuture<Outcome> expire(Batch batch, StoredObject stored, ApiObject job) {
        var ttl = job.spec().path("ttlSecondsAfterFinished");
        if (!ttl.isNumber()) {
            return batch.commit(new Outcome.Done());
        }
        String ended = Conditions.find(job.status(), JobPods.is(job, "Failed")
                ? "Failed"
                : "Complete").map(c -> c.path("lastTransitionTime").asText("")).orElse("");
        Instant until = Instant.parse(ended).plusSeconds(ttl.asLong());
        if (batch.now().isBefore(until)) {
            return batch.commit(new Outcome.After(Duration.between(batch.now(), until)));
        }
        batch.delete(stored, new GracefulDeletion.Options(OptionalLong.empty(),
                Optional.of(Propagation.FOREGROUND)));
        return batch.commit(new Outcome.Done());
    }
}
