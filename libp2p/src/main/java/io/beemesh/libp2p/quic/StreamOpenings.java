package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Libp2pException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Streams that are to be opened, first come, first served, as the remote side allows them (RFC 9000, 4.6):
 * what is asked for beyond that waits. Who no longer wants a stream completes its future.
 */
final class StreamOpenings {
    /** More than these waiting are refused. */
    static final int WAITING_MAX = 1024;

    private final BooleanSupplier allowed;
    private final Supplier<CompletableFuture<ByteStream>> open;
    private final Deque<CompletableFuture<ByteStream>> waiting = new ArrayDeque<>(0);

    /** {@code open} opens a stream at once, which works if {@code allowed} says so. */
    StreamOpenings(BooleanSupplier allowed, Supplier<CompletableFuture<ByteStream>> open) {
        this.allowed = allowed;
        this.open = open;
    }

    CompletableFuture<ByteStream> ask() {
        if (waiting.isEmpty() && allowed.getAsBoolean()) {
            return open.get();
        }
        waiting.removeIf(CompletableFuture::isDone);
        if (waiting.size() >= WAITING_MAX) {
            return CompletableFuture
                    .failedFuture(new Libp2pException("too many streams wait to be opened"));
        }
        CompletableFuture<ByteStream> asked = new CompletableFuture<>();
        waiting.addLast(asked);
        return asked;
    }

    /** The remote side allows more. */
    void openMore() {
        while (!waiting.isEmpty() && allowed.getAsBoolean()) {
            CompletableFuture<ByteStream> asked = waiting.removeFirst();
            if (!asked.isDone()) {
                open.get().whenComplete((stream, failure) -> {
                    if (failure == null) {
                        asked.complete(stream);
                    } else {
                        asked.completeExceptionally(failure);
                    }
                });
            }
        }
    }

    /** The connection is gone. */
    void fail(Libp2pException cause) {
        while (!waiting.isEmpty()) {
            waiting.removeFirst().completeExceptionally(cause);
        }
    }
}
