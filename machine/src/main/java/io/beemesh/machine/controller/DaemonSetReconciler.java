package io.beemesh.machine.controller;

import io.beemesh.machine.controller.DaemonRollout.Placed;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Keeps one pod of each DaemonSet on each node that it wants.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/">DaemonSet</a>
 */
final class DaemonSetReconciler implements Reconciler {
    static final String COMPONENT = "daemonset-controller";
    /** Pods made in one log entry. */
    private static final int STEP_PODS_MAX = 100;

    private final Store store;
    private final OwnerKeys owners;
    private final FailedDaemonPods failures = new FailedDaemonPods();

    DaemonSetReconciler(Store store, OwnerKeys owners) {
        this.store = store;
        this.owners = owners;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.DAEMON_SETS, "").forEach(s -> enqueue.accept(s.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        if (change.object().key().type().equals(GroupResource.NODES)) {
            start(enqueue);
        } else if (change.object().key().type().equals(GroupResource.DAEMON_SETS)
                && change.kind() == Change.Kind.DELETED) {
            failures.forget(change.object().key());
        }
        owners.route(change, GroupResource.DAEMON_SETS, OwnerKeys.PODS_AND_REVISIONS, enqueue);
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
        Map<String, ApiObject> nodes = new TreeMap<>();
        store.list(GroupResource.NODES, "").forEach(n -> nodes.put(n.key().name(), n.object()));
        Map<String, List<StoredObject>> pods = claimPods(batch, set);
        StatefulSetRevisions revisions = new StatefulSetRevisions(store, batch, set);
        try {
            ApiObject update = revisions.update(store);
            String hash = update.labels().getOrDefault("controller.kubernetes.io/hash", "");
            List<Placed> placed = new ArrayList<>();
            Manage manage = new Manage(batch, set, update, hash,
                    failures.of(stored.key(), set, nodes.keySet()));
            nodes.forEach((name, node) -> placed.add(
                    manage.place(node, pods.getOrDefault(name, List.of()))));
            Duration recheck = manage.run(placed, pods, nodes);
            Set<String> live = new HashSet<>(List.of(update.name()));
            revisions.truncate(live);
            return batch.commit(!manage.failure.isEmpty()
                    ? new Outcome.Retry(manage.failure)
                    : recheck.isNegative() ? new Outcome.Done() : new Outcome.After(recheck));
        } catch (RejectedException e) {
            return CompletableFuture.completedFuture(
                    new Outcome.Retry(String.valueOf(e.getMessage())));
        }
    }

    /** The set's pods by node; takes in matching pods without controller. */
    private Map<String, List<StoredObject>> claimPods(Batch batch, ApiObject set) {
        LabelSelector selector = Workloads.selector(set.spec().path("selector"));
        Map<String, List<StoredObject>> pods = new TreeMap<>();
        for (StoredObject pod : store.list(GroupResource.PODS, set.namespace())) {
            boolean matches = selector.matches(pod.labels());
            boolean own = pod.controllerUid().equals(set.uid());
            if (own && !matches) {
                Workloads.release(batch.edit(pod), set);
            } else if (matches && (own || pod.controllerUid().isEmpty())) {
                if (!own && Pods.isActive(pod.object())) {
                    Workloads.adopt(batch.edit(pod), set);
                    own = true;
                }
                if (own) {
                    pods.computeIfAbsent(DaemonPods.nodeOf(pod.object()), _ -> new ArrayList<>())
                            .add(pod);
                }
            }
        }
        return pods;
    }

    /** The writes of one step. */
    private final class Manage {
        private final Batch batch;
        private final ApiObject set;
        private final ApiObject update;
        private final String hash;
        private final FailedDaemonPods.OfSet failed;
        private final long now = store.loop().nanoTime();
        private Duration recheck = Duration.ofSeconds(-1);
        private String failure = "";
        private int made;

        Manage(Batch batch, ApiObject set, ApiObject update, String hash,
                FailedDaemonPods.OfSet failed) {
            this.batch = batch;
            this.set = set;
            this.update = update;
            this.hash = hash;
            this.failed = failed;
        }

        Placed place(ApiObject node, List<StoredObject> pods) {
            List<StoredObject> active = pods.stream().filter(p -> !Pods.isTerminal(p.object()))
                    .sorted((a, b) -> Rollout.OLDEST_FIRST.compare(a.object(), b.object()))
                    .toList();
            List<StoredObject> fresh = active.stream()
                    .filter(p -> hash.equals(p.labels().get(DaemonPods.REVISION_LABEL)))
                    .toList();
            List<StoredObject> old = active.stream().filter(p -> !fresh.contains(p)).toList();
            boolean wanted = DaemonPods.shouldRun(set, node);
            boolean mayStay = DaemonPods.mayStay(set, node);
            boolean waits = (wanted || mayStay) && pods.stream().anyMatch(Manage::hasFailed)
                    && !failed.left(node.name(), now).isZero();
            return new Placed(node.name(), wanted, mayStay, fresh, old, waits);
        }

        private static boolean hasFailed(StoredObject pod) {
            return Pods.phase(pod.object()).equals("Failed") && !pod.object().isDeleting();
        }

        /** How long until something is to be done without a change; negative if never. */
        Duration run(List<Placed> placed, Map<String, List<StoredObject>> pods,
                Map<String, ApiObject> nodes) {
            deleteEnded(placed, pods);
            pods.forEach((node, there) -> {
                if (!nodes.containsKey(node)) {
                    there.forEach(this::delete);
                }
            });
            DaemonRollout rollout = new DaemonRollout(set, placed, batch.now());
            rollout.surplus().forEach(this::delete);
            rollout.replaced().forEach(this::delete);
            for (String node : rollout.missing()) {
                if (failure.isEmpty() && made < STEP_PODS_MAX) {
                    create(node);
                }
            }
            rollout.writeStatus(placed);
            lookAgain(rollout.untilAvailable());
            return made == STEP_PODS_MAX ? Duration.ZERO : recheck;
        }

        private void lookAgain(Duration delay) {
            if (recheck.isNegative()
                    || (!delay.isNegative() && delay.compareTo(recheck) < 0)) {
                recheck = delay;
            }
        }

        /** What is on nodes that are gone goes as all else there. */
        private void deleteEnded(List<Placed> placed, Map<String, List<StoredObject>> pods) {
            for (Placed at : placed) {
                List<StoredObject> there = pods.getOrDefault(at.node(), List.of());
                there.stream().filter(p -> Pods.phase(p.object()).equals("Succeeded"))
                        .forEach(this::delete);
                if (at.waits()) {
                    lookAgain(failed.left(at.node(), now));
                } else if (there.stream().anyMatch(Manage::hasFailed)) {
                    batch.onCommit(() -> failed.replaced(at.node(), now));
                    there.stream().filter(Manage::hasFailed).forEach(this::deleteFailed);
                }
            }
        }

        private void deleteFailed(StoredObject pod) {
            batch.event(set, Severity.WARNING, "FailedDaemonPod",
                    "Found failed daemon pod " + set.namespace() + "/" + pod.key().name()
                            + " on node " + DaemonPods.nodeOf(pod.object())
                            + ", will try to kill it");
            delete(pod);
        }

        private void delete(StoredObject pod) {
            if (pod.object().isDeleting()) {
                return;
            }
            batch.delete(pod, GracefulDeletion.Options.DEFAULT);
            batch.event(set, Severity.NORMAL, "SuccessfulDelete",
                    "Deleted pod: " + pod.key().name());
        }

        private void create(String node) {
            ApiObject pod = DaemonPods.pod(set, StatefulSetRevisions.template(update), node, hash);
            pod.metadata().put("name", freeName(node));
            try {
                batch.create(GroupResource.PODS, pod);
                made++;
                batch.event(set, Severity.NORMAL, "SuccessfulCreate",
                        "Created pod: " + pod.name());
            } catch (RejectedException e) {
                failure = String.valueOf(e.getMessage());
                batch.eventNow(set, Severity.WARNING, "FailedCreate",
                        "Error creating: " + failure);
            }
        }

        private String freeName(String node) {
            for (int attempt = 0;; attempt++) {
                String name = PodNames.replica(set, node.hashCode(), batch.now().toEpochMilli(),
                        attempt);
                ObjectKey key = new ObjectKey(GroupResource.PODS, set.namespace(), name);
                if (store.get(key).isEmpty() && !batch.creates(key)) {
                    return name;
                }
            }
        }
    }
}
