package io.beemesh.apiserver.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Reads bodies within their bounds: of one, of all at one time, and of time. */
final class RequestBody {
    /** As Kubernetes' limit of a resource. */
    static final int BYTES_MAX = 3 * 1024 * 1024;

    /** Of all bodies that are being read or worked on. */
    static final long ALL_BYTES_MAX = 24L * 1024 * 1024;

    static final Duration READ_DEADLINE = Duration.ofSeconds(30);

    private final Vertx vertx;
    private final AtomicLong allBytes;

    /** {@code allBytes} is shared by all event loops. */
    RequestBody(Vertx vertx, AtomicLong allBytes) {
        this.vertx = vertx;
        this.allBytes = allBytes;
    }

    /** What became of a body. */
    sealed interface Result {
        /** All of it; {@link #release} once it is no longer needed. */
        record Complete(byte[] bytes) implements Result {}

        record TooLarge() implements Result {}

        /** Too much is under way; later it may do. */
        record Busy() implements Result {}

        record TooSlow() implements Result {}
    }

    /** Reads the body; the future fails if the client goes away. On the request's event loop. */
    Future<Result> read(HttpServerRequest request) {
        if (declaredBytes(request) > BYTES_MAX) {
            return Future.succeededFuture(new Result.TooLarge());
        }
        Promise<Result> promise = Promise.promise();
        Buffer body = Buffer.buffer();
        long timer = vertx.setTimer(READ_DEADLINE.toMillis(), t -> {
            promise.tryComplete(new Result.TooSlow());
        });
        request.handler(part -> {
            if (promise.future().isComplete()) {
                return;
            }
            if (body.length() + part.length() > BYTES_MAX) {
                promise.tryComplete(new Result.TooLarge());
            } else if (allBytes.addAndGet(part.length()) > ALL_BYTES_MAX) {
                allBytes.addAndGet(-part.length());
                promise.tryComplete(new Result.Busy());
            } else {
                body.appendBuffer(part);
            }
        });
        request.exceptionHandler(promise::tryFail);
        request.endHandler(v -> promise.tryComplete(new Result.Complete(body.getBytes())));
        return promise.future().onComplete(done -> {
            vertx.cancelTimer(timer);
            boolean complete = done.succeeded() && done.result() instanceof Result.Complete;
            if (!complete) {
                allBytes.addAndGet(-body.length());
            }
        });
    }

    /** The request that had this body is answered. */
    void release(byte[] bytes) {
        allBytes.addAndGet(-bytes.length);
    }

    private static long declaredBytes(HttpServerRequest request) {
        String length = request.getHeader("content-length");
        try {
            return length == null ? 0 : Long.parseLong(length.trim());
        } catch (NumberFormatException e) {
            return 0; // Netty has refused it before
        }
    }
}
