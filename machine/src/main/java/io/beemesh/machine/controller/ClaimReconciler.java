package io.beemesh.machine.controller;

import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.service.GroupRecords;
import io.beemesh.machine.service.ServiceClaims;
import io.beemesh.machine.service.ShareClaims;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Keeps the claims of addresses and ports true to the Services: gives up those whose Service is gone or
 * no longer has what was claimed, and makes those that a Service lacks. The API makes a claim before its
 * Service, in another slot; a claim without a Service therefore has a minute.
 */
final class ClaimReconciler implements Reconciler {
    private static final String COMPONENT = "service-allocator";
    private static final Duration GRACE = Duration.ofMinutes(1);
    private static final int GONE_MAX = 1_000;

    private final Store store;
    /** Uids of Services that were deleted, whose claims need not wait. */
    private final Set<String> gone = new LinkedHashSet<>();

    ClaimReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.CLAIMS, "").forEach(claim -> enqueue.accept(claim.key()));
        store.list(GroupResource.SERVICES, "").forEach(service -> enqueue.accept(service.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        StoredObject object = change.object();
        GroupResource type = object.key().type();
        boolean deleted = change.kind() == Change.Kind.DELETED;
        if (type.equals(GroupResource.CLAIMS) && !deleted) {
            enqueue.accept(object.key());
        } else if (type.equals(GroupResource.SERVICES) && deleted) {
            gone.add(object.uid());
            if (gone.size() > GONE_MAX) {
                gone.remove(gone.iterator().next());
            }
            ServiceClaims.of(object.object()).forEach(enqueue);
        } else if (type.equals(GroupResource.SERVICES)) {
            enqueue.accept(object.key());
        }
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty() || ShareClaims.shareOf(key).isPresent()
                || GroupRecords.isRecord(key)) {
            return Reconciler.done();
        }
        return key.type().equals(GroupResource.CLAIMS)
                ? reconcileClaim(stored.get())
                : reconcileService(stored.get().object());
    }

    private CompletableFuture<Outcome> reconcileClaim(StoredObject claim) {
        String uid = ServiceClaims.holderUid(claim);
        boolean held = store.get(ServiceClaims.holder(claim))
                .filter(s -> s.uid().equals(uid))
                .filter(s -> ServiceClaims.of(s.object()).contains(claim.key())).isPresent();
        if (held) {
            return Reconciler.done();
        }
        Instant until = claim.object().creationTimestamp().orElse(Instant.EPOCH).plus(GRACE);
        if (!gone.contains(uid) && store.now().isBefore(until)) {
            return CompletableFuture.completedFuture(
                    new Outcome.After(Duration.between(store.now(), until)));
        }
        return write(ServiceClaims.release(claim), new Outcome.Done());
    }

    private CompletableFuture<Outcome> reconcileService(ApiObject service) {
        for (ObjectKey key : ServiceClaims.of(service)) {
            Optional<StoredObject> claim = store.get(key);
            if (claim.isEmpty()) {
                // The next one in another step: each claim may be in a slot of its own.
                return write(ServiceClaims.claim(key, service, store.now()),
                        new Outcome.After(Duration.ZERO));
            }
            boolean others = store.get(ServiceClaims.holder(claim.get()))
                    .filter(s -> s.uid().equals(ServiceClaims.holderUid(claim.get())))
                    .filter(s -> !s.uid().equals(service.uid())).isPresent();
            if (others) {
                store.batch(COMPONENT).eventNow(service, Severity.WARNING, "AlreadyAllocated",
                        key.name().substring(key.name().indexOf('.') + 1) + " was assigned to "
                                + ServiceClaims.holder(claim.get())
                                + " as well; please recreate service");
            }
        }
        return Reconciler.done();
    }

    private CompletableFuture<Outcome> write(Mutation mutation, Outcome next) {
        return store.registry().write(List.of(mutation))
                .thenApply(result -> Batch.outcome(result, next));
    }
}
