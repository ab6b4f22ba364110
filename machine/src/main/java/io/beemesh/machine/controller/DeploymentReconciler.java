package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.controller.Conditions.Condition;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Moves each Deployment's pods from the ReplicaSets of earlier templates to that of the present one.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/">Deployment</a>
 */
final class DeploymentReconciler implements Reconciler {
    static final String COMPONENT = "deployment-controller";
    private static final Duration DEADLINE_MARGIN = Duration.ofSeconds(1);

    private final Store store;
    private final OwnerKeys owners;

    DeploymentReconciler(Store store, OwnerKeys owners) {
        this.store = store;
        this.owners = owners;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.DEPLOYMENTS, "").forEach(d -> enqueue.accept(d.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        owners.route(change, GroupResource.DEPLOYMENTS, List.of(GroupResource.REPLICA_SETS),
                enqueue);
        if (change.object().key().type().equals(GroupResource.PODS)
                && change.kind() == Change.Kind.DELETED) {
            // A Recreate waits until the last old pod is gone.
            owners.keyOf(change.object().controllerUid()).flatMap(store::get)
                    .flatMap(set -> owners.keyOf(set.controllerUid()))
                    .filter(key -> key.type().equals(GroupResource.DEPLOYMENTS))
                    .ifPresent(enqueue);
        }
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        return store.get(key).map(stored -> new Step(stored).run()).orElseGet(Reconciler::done);
    }

    /** One look at one Deployment. */
    private final class Step {
        private final Batch batch = store.batch(COMPONENT);
        private final ApiObject deployment;
        private final JsonNode statusBefore;
        private final Map<String, StoredObject> stored = new LinkedHashMap<>();
        private final List<ApiObject> sets = new ArrayList<>();
        private final DeploymentScaling scaling;

        Step(StoredObject stored) {
            deployment = batch.edit(stored);
            statusBefore = stored.object().status();
            scaling = new DeploymentScaling(batch, deployment);
        }

        CompletableFuture<Outcome> run() {
            LabelSelector selector = Workloads.selector(deployment.spec().path("selector"));
            if (selector.isEverything()) {
                batch.event(deployment, Severity.WARNING, "SelectingAll",
                        "This deployment is selecting all pods. A non-empty selector is required.");
                deployment.status().put("observedGeneration", deployment.generation());
                return batch.commit(new Outcome.Done());
            }
            claim(selector);
            if (deployment.isDeleting()) {
                Optional<ApiObject> newSet = Rollout.newSet(deployment, sets);
                DeploymentStatus.count(deployment, sets, newSet, batch.now());
                return batch.commit(new Outcome.Done());
            }
            DeploymentStatus.paused(deployment, batch.now());
            if (Rollout.isPaused(deployment) || isScaled()) {
                return resize();
            }
            return rollOut();
        }

        private void claim(LabelSelector selector) {
            for (StoredObject set : store.ownedBy(GroupResource.REPLICA_SETS, deployment)) {
                ApiObject object = batch.edit(set);
                if (selector.matches(set.labels())) {
                    add(set, object);
                } else if (!deployment.isDeleting()) {
                    Workloads.release(object, deployment);
                }
            }
            if (deployment.isDeleting()) {
                return;
            }
            for (StoredObject set : store.list(GroupResource.REPLICA_SETS,
                    deployment.namespace())) {
                if (set.controllerUid().isEmpty() && selector.matches(set.labels())
                        && !set.object().isDeleting()) {
                    ApiObject object = batch.edit(set);
                    Workloads.adopt(object, deployment);
                    add(set, object);
                }
            }
        }

        private void add(StoredObject set, ApiObject object) {
            stored.put(set.uid(), set);
            sets.add(object);
        }

        /** True if {@code spec.replicas} was changed since the ReplicaSets were sized. */
        private boolean isScaled() {
            int wanted = Workloads.replicas(deployment);
            return Rollout.active(sets).stream().anyMatch(s -> {
                long desired = Rollout.annotation(s, Rollout.DESIRED_REPLICAS);
                return desired >= 0 && desired != wanted;
            });
        }

        private CompletableFuture<Outcome> resize() {
            Optional<ApiObject> newSet = Rollout.newSet(deployment, sets);
            newSet.ifPresent(this::annotate);
            List<ApiObject> old = old(newSet);
            scaling.resize(newSet, old);
            if (Rollout.isPaused(deployment)) {
                cleanUp(old);
            }
            DeploymentStatus.count(deployment, sets, newSet, batch.now());
            return batch.commit(new Outcome.Done());
        }

        private CompletableFuture<Outcome> rollOut() {
            Optional<ApiObject> newSet = Rollout.newSet(deployment, sets);
            List<ApiObject> old = old(newSet);
            if (!Rollout.isRolling(deployment)) {
                boolean shrunk = false;
                for (ApiObject set : Rollout.active(old)) {
                    shrunk |= scaling.scale(set, 0, true);
                }
                if (shrunk || oldPodsRun(old)) {
                    newSet.ifPresent(this::annotate);
                    return finish(newSet);
                }
            }
            if (newSet.isEmpty()) {
                return createSet(old);
            }
            annotate(newSet.get());
            if (Conditions.find(deployment.status(), "Progressing").isEmpty()
                    && Rollout.hasProgressDeadline(deployment)) {
                Conditions.setUpdated(deployment.status(),
                        new Condition("Progressing", "True", "FoundNewReplicaSet",
                                "Found new replica set \"" + newSet.get().name() + "\""),
                        batch.now());
            }
            if (Rollout.isRolling(deployment)) {
                scaling.roll(newSet.get(), old);
            } else {
                scaling.scale(newSet.get(), Workloads.replicas(deployment), true);
            }
            if (Rollout.isComplete(deployment, statusBefore)) {
                cleanUp(old);
            }
            return finish(newSet);
        }

        private List<ApiObject> old(Optional<ApiObject> newSet) {
            return sets.stream().filter(
                    s -> newSet.isEmpty() || !s.uid().equals(newSet.get().uid())).toList();
        }

        private boolean oldPodsRun(List<ApiObject> old) {
            return old.stream().flatMap(s -> store.ownedBy(GroupResource.PODS, s).stream())
                    .anyMatch(p -> !Pods.isTerminal(p.object()));
        }

        /** Copies the Deployment's annotations to its ReplicaSet and the revision back. */
        private void annotate(ApiObject newSet) {
            Revisions.annotate(deployment, newSet,
                    Rollout.maxRevision(old(Optional.of(newSet))) + 1);
            if (Workloads.minReadySeconds(newSet) != Workloads.minReadySeconds(deployment)) {
                newSet.spec().put("minReadySeconds", Workloads.minReadySeconds(deployment));
            }
            deployment.metadata().withObjectProperty("annotations").put(Rollout.REVISION,
                    Long.toString(Math.max(1, Rollout.annotation(newSet, Rollout.REVISION))));
        }

        private CompletableFuture<Outcome> createSet(List<ApiObject> old) {
            ApiObject set = Revisions.newSet(deployment);
            set.spec().put("replicas", 0);
            int replicas = Rollout.newSetReplicas(deployment, old, 0);
            set.spec().put("replicas", replicas);
            ObjectKey key = Batch.key(GroupResource.REPLICA_SETS, set);
            if (store.get(key).isPresent()) {
                long collisions = deployment.status().path("collisionCount").asLong(0);
                deployment.status().put("collisionCount", collisions + 1);
                return batch.commit(new Outcome.After(Duration.ZERO));
            }
            Revisions.annotate(deployment, set, Rollout.maxRevision(old) + 1);
            scaling.scale(set, replicas, false);
            try {
                batch.create(GroupResource.REPLICA_SETS, set);
            } catch (RejectedException e) {
                return creationFailed(set, String.valueOf(e.getMessage()));
            }
            if (replicas > 0) {
                batch.event(deployment, Severity.NORMAL, "ScalingReplicaSet",
                        "Scaled up replica set " + set.name() + " from 0 to " + replicas);
            }
            sets.add(set);
            annotate(set);
            if (Rollout.hasProgressDeadline(deployment)) {
                Conditions.setUpdated(deployment.status(),
                        new Condition("Progressing", "True", "NewReplicaSetCreated",
                                "Created new replica set \"" + set.name() + "\""),
                        batch.now());
            }
            return finish(Optional.of(set));
        }

        private CompletableFuture<Outcome> creationFailed(ApiObject set, String why) {
            String message = "Failed to create new replica set \"" + set.name() + "\": " + why;
            batch.eventNow(deployment, Severity.WARNING, "ReplicaSetCreateError", message);
            if (Rollout.hasProgressDeadline(deployment)) {
                Conditions.setUpdated(deployment.status(), new Condition("Progressing", "False",
                        "ReplicaSetCreateError", message), batch.now());
            }
            return batch.commit(new Outcome.Retry(message));
        }

        private CompletableFuture<Outcome> finish(Optional<ApiObject> newSet) {
            DeploymentStatus.count(deployment, sets, newSet, batch.now());
            Duration wait = DeploymentStatus.progress(deployment, statusBefore, newSet,
                    batch.now());
            DeploymentStatus.failures(deployment, sets, newSet, batch.now());
            return batch.commit(wait.isZero()
                    ? new Outcome.Done()
                    : new Outcome.After(wait.plus(DEADLINE_MARGIN)));
        }

        /** Deletes empty old ReplicaSets beyond the history that is wanted, the oldest revision first. */
        private void cleanUp(List<ApiObject> old) {
            int limit = deployment.spec().path("revisionHistoryLimit").asInt(Rollout.NO_LIMIT);
            List<ApiObject> cleanable = old.stream().filter(s -> !s.isDeleting())
                    .sorted(Comparator.<ApiObject>comparingLong(
                            s -> Rollout.annotation(s, Rollout.REVISION))
                            .thenComparing(Rollout.OLDEST_FIRST))
                    .toList();
            for (ApiObject set : cleanable.subList(0, Math.max(0, cleanable.size() - limit))) {
                StoredObject before = stored.get(set.uid());
                if (before != null && Workloads.replicas(set) == 0
                        && Workloads.statusCount(set, "replicas") == 0
                        && set.generation() <= set.status().path("observedGeneration")
                                .asLong(0)) {
                    batch.delete(before, GracefulDeletion.Options.DEFAULT);
                    sets.removeIf(s -> s.uid().equals(set.uid()));
                }
            }
        }
    }
}
