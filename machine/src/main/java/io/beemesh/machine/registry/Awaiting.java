package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Who waits until this node has seen a version. On the loop only. */
final class Awaiting {
    private final Loop loop;
    private final List<Waiter> waiters = new ArrayList<>();

    private record Waiter(long version, CompletableFuture<Boolean> future, Loop.Timer timeout) {}

    Awaiting(Loop loop) {
        this.loop = loop;
    }

    /** Completes with true once {@link #reached} tells it, with false after {@code limit}. */
    CompletableFuture<Boolean> await(long version, Duration limit) {
        CompletableFuture<Boolean> future = new CompletableFuture<>();
        Loop.Timer timeout = loop.schedule(limit, () -> {
            future.complete(false);
            waiters.removeIf(w -> w.future.isDone());
        });
        waiters.add(new Waiter(version, future, timeout));
        return future;
    }

    void reached(long version) {
        for (Waiter waiter : List.copyOf(waiters)) {
            if (waiter.version <= version) {
                waiters.remove(waiter);
                waiter.timeout.cancel();
                waiter.future.complete(true);
            }
        }
    }
}
