package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Calls of other threads that run on the loop. */
final class OnLoop {
    private OnLoop() {}

    /** At once if this is the loop, else as a task of its own. */
    static <T> CompletableFuture<T> run(Loop loop, Supplier<CompletableFuture<T>> task) {
        if (loop.isInside()) {
            return task.get();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                task.get().whenComplete((value, failure) -> {
                    if (failure == null) {
                        result.complete(value);
                    } else {
                        result.completeExceptionally(failure);
                    }
                });
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
