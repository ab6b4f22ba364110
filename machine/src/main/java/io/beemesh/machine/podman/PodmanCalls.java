package io.beemesh.machine.podman;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** Runs blocking calls on virtual threads, a bounded number at once, and answers on the loop. */
final class PodmanCalls {
    private static final int CALLS_MAX = 16;

    private final Loop loop;
    private final Semaphore permits = new Semaphore(CALLS_MAX);
    private volatile boolean closed;

    PodmanCalls(Loop loop) {
        this.loop = loop;
    }

    /** The result of {@code work}, or a {@link RuntimeFailure}; interrupted after {@code limit}. */
    <T> CompletableFuture<T> call(Duration limit, Callable<T> work) {
        return call(limit, true, work);
    }

    /** As {@link #call}, for what takes long and must not hold up the others. */
    <T> CompletableFuture<T> callAside(Duration limit, Callable<T> work) {
        return call(limit, false, work);
    }

    private <T> CompletableFuture<T> call(Duration limit, boolean counted, Callable<T> work) {
        CompletableFuture<T> future = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().unstarted(() -> {
            try {
                if (counted) {
                    permits.acquire();
                }
                try {
                    T value = work.call();
                    answer(() -> future.complete(value));
                } finally {
                    if (counted) {
                        permits.release();
                    }
                }
            } catch (Exception e) {
                answer(() -> future.completeExceptionally(failure(e)));
            }
        });
        Loop.Timer timer = loop.schedule(limit, () -> {
            if (future.completeExceptionally(new RuntimeFailure(RuntimeFailure.Kind.TIMED_OUT,
                    "no answer after " + limit.toSeconds() + "s"))) {
                thread.interrupt();
            }
        });
        future.whenComplete((_, _) -> timer.cancel());
        thread.start();
        return future;
    }

    private void answer(Runnable completion) {
        if (!closed) {
            loop.execute(completion);
        }
    }

    private static RuntimeFailure failure(Exception e) {
        if (e instanceof RuntimeFailure failure) {
            return failure;
        }
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        if (e instanceof PodmanException answer) {
            return new RuntimeFailure(answer.isNotFound()
                    ? RuntimeFailure.Kind.NOT_FOUND
                    : RuntimeFailure.Kind.REFUSED, message);
        }
        if (e instanceof InterruptedException) {
            return new RuntimeFailure(RuntimeFailure.Kind.TIMED_OUT, "interrupted");
        }
        return new RuntimeFailure(e instanceof IOException
                ? RuntimeFailure.Kind.UNREACHABLE
                : RuntimeFailure.Kind.REFUSED, message);
    }

    /** No future completes after this. */
    void close() {
        closed = true;
    }
}
