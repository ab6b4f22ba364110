package io.beemesh.machine.controller;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Keeps one pod for each ordinal of each StatefulSet, in order unless it may go in parallel.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/">StatefulSet</a>
 */
final class StatefulSetReconciler implements Reconciler {
    static final String COMPONENT = "statefulset-controller";

    private final Store store;
    private final OwnerKeys owners;

    StatefulSetReconciler(Store store, OwnerKeys owners) {
        this.store = store;
        this.owners = owners;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.STATEFUL_SETS, "").forEach(s -> enqueue.accept(s.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        owners.route(change, GroupResource.STATEFUL_SETS, OwnerKeys.PODS_AND_REVISIONS, enqueue);
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        return store.get(key).map(this::step).orElseGet(Reconciler::done);
    }

    private CompletableFuture<Outcome> step(StoredObject stored) {
        Batch batch = store.batch(COMPONENT);
        ApiObject set = batch.edit(stored);
        if (set.isDeleting()) {
            return Reconciler.done();
        }
        List<StoredObject> pods = claimPods(batch, set);
        StatefulSetRevisions revisions = new StatefulSetRevisions(store, batch, set);
        try {
            ApiObject update = revisions.update(store);
            ApiObject current = revisions.current(update);
            StatefulSetRollout rollout = new StatefulSetRollout(store, batch, set, current,
                    update);
            String failure = rollout.run(pods);
            List<ApiObject> after = rollout.podsAfter();
            StatefulSetStatus.update(set, after, current, update, batch.now());
            Set<String> live = new HashSet<>(List.of(current.name(), update.name()));
            after.forEach(p -> live.add(StatefulSets.revision(p)));
            revisions.truncate(live);
            return batch.commit(failure.isEmpty()
                    ? next(set, after, batch)
                    : new Outcome.Retry(failure));
        } catch (RejectedException e) {
            return CompletableFuture.completedFuture(
                    new Outcome.Retry(String.valueOf(e.getMessage())));
        }
    }

    /** The pods that the set controls, orphans of its name and labels included. */
    private List<StoredObject> claimPods(Batch batch, ApiObject set) {
        LabelSelector selector = Workloads.selector(set.spec().path("selector"));
        List<StoredObject> pods = new ArrayList<>();
        for (StoredObject pod : store.list(GroupResource.PODS, set.namespace())) {
            boolean matches = selector.matches(pod.labels())
                    && StatefulSets.ordinal(set, pod.key().name()) >= 0;
            if (pod.controllerUid().equals(set.uid())) {
                if (matches) {
                    pods.add(pod);
                } else {
                    Workloads.release(batch.edit(pod), set);
                }
            } else if (matches && pod.controllerUid().isEmpty()
                    && !pod.object().isDeleting()) {
                Workloads.adopt(batch.edit(pod), set);
                pods.add(pod);
            }
        }
        return pods;
    }

    private static Outcome next(ApiObject set, List<ApiObject> pods, Batch batch) {
        Duration soonest = Duration.ZERO;
        for (ApiObject pod : pods) {
            Duration wait = Pods.untilAvailable(pod, Workloads.minReadySeconds(set), batch.now())
                    .orElse(Duration.ZERO);
            if (!wait.isZero() && (soonest.isZero() || wait.compareTo(soonest) < 0)) {
                soonest = wait;
            }
        }
        return soonest.isZero() ? new Outcome.Done() : new Outcome.After(soonest);
    }
}
