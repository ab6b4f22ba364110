package io.beemesh.machine.controller;

import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.siblings.CloneMeters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Keeps exactly the wanted number of pods for each ReplicaSet, or for each ReplicationController, which is
 * the same with a plainer selector.
 *
 * <p>Each step commits the ledger, the pods it adds or removes and the status as one log entry, so a
 * step that lost a race or a node that dies in between leaves neither a pod too many nor one too few.
 *
 * @see Ledger
 */
final class ReplicaSetReconciler implements Reconciler {
    /** Pods made or deleted in one log entry. */
    static final int STEP_PODS_MAX = 100;

    private final Store store;
    private final OwnerKeys owners;
    private final GroupResource type;
    private final String component;
    private final ReplicaPods pods;
    private final Machines machines;
    private final CloneMeters meters;

    private ReplicaSetReconciler(Store store, OwnerKeys owners, GroupResource type,
            String component, Machines machines, CloneMeters meters) {
        this.store = store;
        this.owners = owners;
        this.type = type;
        this.component = component;
        this.pods = new ReplicaPods(store);
        this.machines = machines;
        this.meters = meters;
    }

    static ReplicaSetReconciler ofSets(Store store, OwnerKeys owners, Machines machines,
            CloneMeters meters) {
        return new ReplicaSetReconciler(store, owners, GroupResource.REPLICA_SETS,
                "replicaset-controller", machines, meters);
    }

    static ReplicaSetReconciler ofControllers(Store store, OwnerKeys owners, Machines machines,
            CloneMeters meters) {
        return new ReplicaSetReconciler(store, owners, GroupResource.REPLICATION_CONTROLLERS,
                "replication-controller", machines, meters);
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(type, "").forEach(rs -> enqueue.accept(rs.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        owners.route(change, type, List.of(GroupResource.PODS), enqueue);
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        Batch batch = store.batch(component);
        if (stored.isEmpty()) {
            store.get(Ledger.key(key)).ifPresent(
                    ledger -> batch.delete(ledger, GracefulDeletion.Options.now()));
            return batch.commit(new Outcome.Done());
        }
        return new Step(batch, stored.get()).run();
    }

    /** One look at one ReplicaSet. */
    private final class Step {
        private final Batch batch;
        private final ApiObject set;
        private final Optional<StoredObject> storedLedger;
        private Ledger ledger;
        /** Active pods that this set controls, once this step is committed. */
        private final Map<String, StoredObject> stored = new LinkedHashMap<>();
        private final List<ApiObject> active = new ArrayList<>();
        private final Set<String> activeUids = new HashSet<>();
        private final StandIns standIns;
        private int terminating;
        private String failure = "";

        Step(Batch batch, StoredObject set) {
            this.batch = batch;
            this.set = batch.edit(set);
            storedLedger = store.get(Ledger.key(set.key()));
            ledger = Ledger.of(set.uid(), storedLedger.map(StoredObject::object));
            standIns = new StandIns(batch.now(), machines::isOut);
        }

        CompletableFuture<Outcome> run() {
            claim();
            boolean more = false;
            if (!set.isDeleting()) {
                matchLedger();
                more = manage();
                saveLedger();
            }
            Duration recheck = standIns.sooner(ReplicaSetStatus.update(set, active, terminating,
                    failure, batch.now()));
            if (!failure.isEmpty()) {
                return batch.commit(new Outcome.Retry(failure));
            }
            if (more) {
                return batch.commit(new Outcome.After(Duration.ZERO));
            }
            return batch.commit(recheck.isZero()
                    ? new Outcome.Done()
                    : new Outcome.After(recheck));
        }

        /** Finds the set's pods; takes in matching pods without controller, lets go what no longer matches. */
        private void claim() {
            LabelSelector selector = Workloads.selector(set.spec().path("selector"));
            for (StoredObject pod : store.ownedBy(GroupResource.PODS, set)) {
                if (selector.matches(pod.labels())) {
                    take(pod, pod.object());
                } else if (!set.isDeleting()) {
                    ApiObject released = batch.edit(pod);
                    Workloads.release(released, set);
                    released.metadata().withObjectProperty("labels")
                            .remove(List.of(Ledger.INDEX_LABEL,
                                    Ledger.INCARNATION_LABEL));
                    ledger = ledger.removePod(pod.uid());
                }
            }
            if (set.isDeleting()) {
                return;
            }
            for (StoredObject pod : store.list(GroupResource.PODS, set.namespace())) {
                if (pod.controllerUid().isEmpty() && selector.matches(pod.labels())
                        && Pods.isActive(pod.object())) {
                    ApiObject adopted = batch.edit(pod);
                    Workloads.adopt(adopted, set);
                    take(pod, adopted);
                }
            }
        }

        private void take(StoredObject pod, ApiObject object) {
            if (Pods.isActive(object) && !Pods.isLost(object)) {
                stored.put(pod.uid(), pod);
                active.add(object);
                activeUids.add(pod.uid());
            } else if (!Pods.isTerminal(object)) {
                terminating++;
            }
        }

        /**
         * Gives each active pod an index. An entry whose pod is not active is a replica to replace. Of a pod whose
         * machine came back in time, the one that was made in its place is to go.
         */
        private void matchLedger() {
            takeOwnIndexes();
            for (ApiObject pod : standIns.find(ledger, active)) {
                // It waits until it is Ready, and then takes its place back.
                active.remove(pod);
                activeUids.remove(pod.uid());
                terminating++;
            }
            standIns.returned().forEach((index, pod) -> place(pod, index));
            int spare = Workloads.replicas(set) - active.size() + standIns.uids().size();
            Set<String> placed = new HashSet<>();
            ledger.places().values().forEach(place -> placed.add(place.podUid()));
            for (ApiObject pod : active) {
                boolean goes = standIns.uids().contains(pod.uid()) && spare-- <= 0;
                if (!placed.contains(pod.uid()) && !goes) {
                    place(pod, ledger.lowestFree());
                }
            }
        }

        /** The ledger may name pods that are not here yet, as while a fork is merged: the oldest keep their indexes. */
        private void takeOwnIndexes() {
            List<ApiObject> oldest = new ArrayList<>(active);
            oldest.sort(Comparator.comparing(p -> p.creationTimestamp().orElse(batch.now())));
            for (ApiObject pod : oldest) {
                Optional<Integer> index = StandIns.index(pod);
                boolean isFree = index.isPresent() && ledger.place(index.get())
                        .filter(place -> activeUids.contains(place.podUid())).isEmpty();
                if (isFree && ledger.indexOf(pod.uid()).isEmpty()) {
                    place(pod, index.get());
                }
            }
        }

        private void place(ApiObject pod, int index) {
            long incarnation = ledger.nextIncarnation(index);
            ledger = ledger.fill(index, pod.uid());
            StoredObject before = stored.get(pod.uid());
            if (before != null) {
                ReplicaPods.label(batch.edit(before), index, incarnation);
            }
        }

        /** Makes and deletes pods; true if there is more to do than one step may. */
        private boolean manage() {
            int wanted = Workloads.replicas(set);
            int surplus = active.size() - wanted;
            if (surplus > 0) {
                return deleteSurplus(surplus);
            }
            trimVacant(wanted);
            int missing = wanted - active.size();
            for (int i = 0; i < Math.min(missing, STEP_PODS_MAX); i++) {
                if (!createPod()) {
                    return false;
                }
            }
            return missing > STEP_PODS_MAX;
        }

        private boolean deleteSurplus(int surplus) {
            List<ApiObject> order = new ArrayList<>(
                    PodRanking.deletionOrder(active, related(), batch.now()));
            order.sort(Comparator.comparing(pod -> !standIns.uids().contains(pod.uid())));
            int count = Math.min(surplus, STEP_PODS_MAX);
            for (ApiObject pod : order.subList(0, count)) {
                StoredObject before = stored.get(pod.uid());
                if (before == null) {
                    continue;
                }
                batch.delete(before, GracefulDeletion.Options.DEFAULT);
                if (standIns.uids().contains(pod.uid())) {
                    batch.onCommit(meters.drained()::increment);
                }
                ledger = ledger.removePod(pod.uid());
                active.removeIf(p -> p.uid().equals(pod.uid()));
                activeUids.remove(pod.uid());
                if (!Pods.nodeName(pod).isEmpty()) {
                    terminating++;
                }
                batch.event(set, Severity.NORMAL, "SuccessfulDelete",
                        "Deleted pod: " + pod.name());
            }
            trimVacant(Workloads.replicas(set));
            return surplus > STEP_PODS_MAX;
        }

        /** Gives up indexes that nobody fills, the highest first, while there are too many. */
        private void trimVacant(int wanted) {
            List<Integer> vacant = ledger.places().entrySet().stream()
                    .filter(entry -> !stored.containsKey(entry.getValue().podUid()))
                    .map(Map.Entry::getKey).sorted(Comparator.reverseOrder())
                    .limit(Math.max(0, ledger.places().size() - wanted)).toList();
            for (int index : vacant) {
                ledger = ledger.remove(index);
            }
        }

        private boolean createPod() {
            int index = nextIndex();
            try {
                ApiObject pod = pods.create(batch, set, index, ledger.nextIncarnation(index));
                ledger = ledger.fill(index, pod.uid());
                active.add(pod);
                activeUids.add(pod.uid());
                return true;
            } catch (RejectedException e) {
                failure = String.valueOf(e.getMessage());
                return false;
            }
        }

        private int nextIndex() {
            return ledger.places().entrySet().stream()
                    .filter(entry -> !activeUids.contains(entry.getValue().podUid()))
                    .map(Map.Entry::getKey).findFirst().orElseGet(ledger::lowestFree);
        }

        private void saveLedger() {
            if (storedLedger.isPresent()) {
                ledger.writeTo(batch.edit(storedLedger.get()).tree());
            } else if (!ledger.places().isEmpty()) {
                batch.createAsIs(GroupResource.LEDGERS,
                        ledger.toObject(new ObjectKey(type, set.namespace(), set.name())));
            }
        }

        /** All pods of the same Deployment, or just this set's. */
        private List<ApiObject> related() {
            Optional<String> deployment = set.controller().map(o -> o.path("uid").asText(""));
            if (deployment.isEmpty()) {
                return active;
            }
            List<ApiObject> pods = new ArrayList<>();
            for (StoredObject sibling : store.registry().ownedBy(GroupResource.REPLICA_SETS,
                    set.namespace(), deployment.get())) {
                store.registry().ownedBy(GroupResource.PODS, set.namespace(), sibling.uid())
                        .forEach(p -> pods.add(p.object()));
            }
            return pods;
        }
    }
}
