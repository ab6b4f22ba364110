package io.beemesh.libp2p.kad;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Runs what takes a while, a few at a time, in the order in which it was added. */
final class Paced {
    private final int atOnce;
    private final Deque<Supplier<CompletableFuture<Integer>>> waiting = new ArrayDeque<>();
    private int running;

    Paced(int atOnce) {
        this.atOnce = atOnce;
    }

    void add(Supplier<CompletableFuture<Integer>> task) {
        waiting.addLast(task);
        startMore();
    }

    boolean isIdle() {
        return running == 0 && waiting.isEmpty();
    }

    /** Drops what has not begun. */
    void clear() {
        waiting.clear();
    }

    private void startMore() {
        while (running < atOnce && !waiting.isEmpty()) {
            running++;
            waiting.removeFirst().get().whenComplete((done, failure) -> {
                running--;
                startMore();
            });
        }
    }
}
