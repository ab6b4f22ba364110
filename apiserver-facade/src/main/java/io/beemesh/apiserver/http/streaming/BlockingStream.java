package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The writing side of a connection for a virtual thread: each write waits until the socket has taken
 * the bytes, so a slow client slows its source down.
 */
public final class BlockingStream extends OutputStream {
    private static final int CHUNK_BYTES_MAX = 32 * 1024;

    private final Context context;
    private final Function<Buffer, Future<Void>> write;
    private final Supplier<Future<Void>> end;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Writes by {@code write} and closes by {@code end}, which are called on {@code context}.
     */
    public BlockingStream(Context context, Function<Buffer, Future<Void>> write,
            Supplier<Future<Void>> end) {
        this.context = context;
        this.write = write;
        this.end = end;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[]{(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int at = 0; at < length; at += CHUNK_BYTES_MAX) {
            if (closed.get()) {
                throw new IOException("stream is closed");
            }
            int part = Math.min(CHUNK_BYTES_MAX, length - at);
            Buffer chunk = Buffer.buffer(part).appendBytes(bytes, offset + at, part);
            await(() -> write.apply(chunk));
        }
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            await(end);
        }
    }

    private void await(Supplier<Future<Void>> action) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            context.runOnContext(v -> perform(action, done));
        } catch (RejectedExecutionException e) {
            throw new IOException("the server is closed", e);
        }
        try {
            done.get();
        } catch (ExecutionException e) {
            throw new IOException("connection is gone", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while writing");
        }
    }

    private static void perform(Supplier<Future<Void>> action, CompletableFuture<Void> done) {
        try {
            action.get().onComplete(result -> {
                if (result.succeeded()) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(result.cause());
                }
            });
        } catch (RuntimeException e) {
            done.completeExceptionally(e);
        }
    }
}
