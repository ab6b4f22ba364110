package io.beemesh.machine.controller;

import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.ledger.Ledger.Place;
import io.beemesh.machine.ledger.Ledger.Replacement;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.siblings.CloneJudge;
import io.beemesh.machine.siblings.CloneRequests;
import io.beemesh.machine.siblings.PodWord.Word;
import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneAnswer.Kind;
import io.beemesh.protocol.siblings.CloneTask;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/**
 * Replaces replicas that siblings miss: where this node decides on the owner, the owner wants the index, the
 * incarnation is the current one, and neither the pod's machine says that it is there nor its user that it is to be
 * waited for. The ledger, the new pod and what becomes of the old one are one log entry, so that whoever asks
 * second gets the pod that exists.
 *
 * <p>Tasks of one owner are decided one after another. On the loop only.
 */
final class Replacer implements CloneJudge {
    private static final String COMPONENT = "self-cloner";
    private static final int TRIES_MAX = 5;
    /** Tasks of one owner that wait; more than that are told to come again. */
    private static final int WAITING_MAX = 1000;

    private final Store store;
    private final ReplicaPods pods;
    private final BiFunction<String, String, CompletableFuture<Word>> word;
    private final Map<String, Line> lines = new HashMap<>();

    /** The tasks of one owner. */
    private static final class Line {
        private CompletableFuture<?> last = CompletableFuture.completedFuture(null);
        private int waiting;
    }

    /** What is asked for, as it is now. */
    private record Target(StoredObject set, StoredObject storedLedger, Ledger ledger, Place place,
            Optional<StoredObject> pod) {
        String node() {
            return pod.map(p -> Pods.nodeName(p.object())).orElse("");
        }

        /** The pod has come to its end: nobody needs to be asked. */
        boolean hasEnded() {
            return pod.isEmpty() || !Pods.isActive(pod.get().object())
                    || Pods.isLost(pod.get().object());
        }
    }

    /** @param word what the machine with a Node's name says of the pod with a uid */
    Replacer(Store store, BiFunction<String, String, CompletableFuture<Word>> word) {
        this.store = store;
        this.pods = new ReplicaPods(store);
        this.word = word;
    }

    @Override
    public CompletableFuture<CloneAnswer> judge(CloneTask task) {
        store.loop().assertInside();
        Optional<ObjectKey> owner = CloneRequests.key(task.owner());
        if (owner.isEmpty()) {
            return answer(Kind.NOT_WANTED);
        }
        CompletableFuture<CloneAnswer> refusal = new CompletableFuture<>();
        Optional<Target> target = find(owner.get(), task, refusal);
        if (target.isEmpty()) {
            return refusal;
        }
        if (target.get().hasEnded()) {
            return inLine(owner.get(), task, Word.GONE);
        }
        if (target.get().node().isEmpty()) {
            // It waits for a machine and was never there.
            return answer(Kind.VETOED);
        }
        return word.apply(target.get().node(), target.get().place().podUid())
                .thenCompose(said -> switch (said) {
                    case RUNS -> answer(Kind.VETOED);
                    case UNKNOWN -> answer(Kind.UNAVAILABLE);
                    case GONE, LOST -> inLine(owner.get(), task, said);
                });
    }

    private static CompletableFuture<CloneAnswer> answer(Kind kind) {
        return CompletableFuture.completedFuture(CloneAnswer.of(kind));
    }

    /** The replica, if it may be replaced; else {@code refusal} is completed. */
    private Optional<Target> find(ObjectKey owner, CloneTask task,
            CompletableFuture<CloneAnswer> refusal) {
        if (!store.registry().isPrimary(owner)) {
            refusal.complete(CloneAnswer.of(Kind.NOT_PRIMARY));
            return Optional.empty();
        }
        Optional<StoredObject> set = store.get(owner)
                .filter(s -> s.uid().equals(task.owner().uid()) && !s.object().isDeleting());
        Optional<StoredObject> stored = store.get(Ledger.key(owner));
        Ledger ledger = Ledger.of(task.owner().uid(), stored.map(StoredObject::object));
        Optional<Place> place = ledger.place(task.index());
        if (set.isEmpty() || stored.isEmpty() || place.isEmpty()) {
            refusal.complete(CloneAnswer.of(Kind.NOT_WANTED));
            return Optional.empty();
        }
        long current = place.get().incarnation();
        if (current != task.incarnation()) {
            refusal.complete(current > task.incarnation()
                    ? new CloneAnswer(Kind.SUPERSEDED, current)
                    : CloneAnswer.of(Kind.UNAVAILABLE));
            return Optional.empty();
        }
        long others = 0;
        Optional<StoredObject> pod = Optional.empty();
        for (StoredObject each : store.ownedBy(GroupResource.PODS, set.get().object())) {
            if (each.uid().equals(place.get().podUid())) {
                pod = Optional.of(each);
            } else if (Pods.isActive(each.object()) && !Pods.isLost(each.object())) {
                others++;
            }
        }
        if (others >= Workloads.replicas(set.get().object())) {
            refusal.complete(CloneAnswer.of(Kind.NOT_WANTED));
            return Optional.empty();
        }
        return Optional.of(new Target(set.get(), stored.get(), ledger, place.get(), pod));
    }

    private CompletableFuture<CloneAnswer> inLine(ObjectKey owner, CloneTask task, Word said) {
        String uid = task.owner().uid();
        Line line = lines.computeIfAbsent(uid, u -> new Line());
        if (line.waiting >= WAITING_MAX) {
            return answer(Kind.UNAVAILABLE);
        }
        line.waiting++;
        CompletableFuture<CloneAnswer> result = line.last
                .thenCompose(before -> replace(owner, task, said, 1))
                .exceptionally(failure -> CloneAnswer.of(Kind.UNAVAILABLE));
        line.last = result;
        result.thenAccept(done -> {
            if (--line.waiting == 0) {
                lines.remove(uid, line);
            }
        });
        return result;
    }

    private CompletableFuture<CloneAnswer> replace(ObjectKey owner, CloneTask task, Word said,
            int tries) {
        CompletableFuture<CloneAnswer> refusal = new CompletableFuture<>();
        Optional<Target> found = find(owner, task, refusal);
        if (found.isEmpty()) {
            return refusal;
        }
        Target target = found.get();
        Batch batch = store.batch(COMPONENT);
        if (!end(batch, target, said)) {
            return answer(Kind.VETOED);
        }
        ApiObject set = target.set.object();
        ApiObject pod;
        try {
            pod = pods.create(batch, set, task.index(), task.incarnation() + 1);
        } catch (RejectedException e) {
            return answer(Kind.UNAVAILABLE);
        }
        if (!(target.ledger.replace(task.index(), task.incarnation(), pod
                .uid()) instanceof Replacement.Replaced(Ledger next, Place place))) {
            return answer(Kind.UNAVAILABLE);
        }
        next.writeTo(batch.edit(target.storedLedger).tree());
        return batch.write().thenCompose(result -> switch (result) {
            case WriteResult.Committed _ -> CompletableFuture
                    .completedFuture(new CloneAnswer(Kind.REPLACED, place.incarnation()));
            case WriteResult.Conflict _,WriteResult.AlreadyExists _,WriteResult.NotFound _ ->
                tries < TRIES_MAX
                        ? replace(owner, task, said, tries + 1)
                        : answer(Kind.UNAVAILABLE);
            case WriteResult.Full _,WriteResult.Unavailable _,WriteResult.NeedsMajority _ ->
                answer(Kind.UNAVAILABLE);
        });
    }

    /** What becomes of the pod that is replaced; false if it is not to be. */
    private static boolean end(Batch batch, Target target, Word said) {
        if (target.hasEnded()) {
            return true;
        }
        StoredObject stored = target.pod.orElseThrow();
        if (said == Word.LOST) {
            if (!LostPodReconciler.isReplacedEarly(stored.object())) {
                return false;
            }
            LostPodReconciler.lose(batch, batch.edit(stored));
        } else {
            batch.event(stored.object(), Severity.NORMAL, "Cloned",
                    "The pod is gone from its machine and is replaced");
            batch.delete(stored, GracefulDeletion.Options.DEFAULT);
        }
        return true;
    }
}
