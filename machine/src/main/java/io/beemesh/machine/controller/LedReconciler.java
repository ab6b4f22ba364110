package io.beemesh.machine.controller;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Lets a reconciler work only on objects that this node decides on, so that of all nodes one does; and
 * only once what it judges by in other slots is here. An object that is passed over is looked at again
 * when this node begins to decide on it.
 */
final class LedReconciler implements Reconciler {
    private final Reconciler reconciler;
    private final Registry registry;

    LedReconciler(Reconciler reconciler, Registry registry) {
        this.reconciler = reconciler;
        this.registry = registry;
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        if (!registry.isPrimary(key)) {
            return Reconciler.done();
        }
        List<ObjectKey> elsewhere = reconciler.judgedBy(key);
        if (elsewhere.isEmpty()) {
            return reconciler.reconcile(key);
        }
        CompletableFuture<Void> here = CompletableFuture.allOf(
                elsewhere.stream().map(registry::refresh).toArray(CompletableFuture[]::new));
        return here.handle((done, failure) -> failure == null)
                .thenCompose(known -> known
                        ? reconciler.reconcile(key)
                        : CompletableFuture.completedFuture(
                                new Outcome.Retry("what it is judged by cannot be read")));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        reconciler.route(change, enqueue);
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        reconciler.start(enqueue);
    }

    @Override
    public String name() {
        return reconciler.name();
    }
}
