package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Context;
import io.vertx.core.streams.ReadStream;

/** Pauses a connection while at least one of its pipes is full. Its methods come from any thread. */
final class Throttle implements InboundPipe.Listener {
    private final Context context;
    private final ReadStream<?> connection;
    /** Pipes that are full; on the event loop. */
    private int full;

    Throttle(Context context, ReadStream<?> connection) {
        this.context = context;
        this.connection = connection;
    }

    @Override
    public void full() {
        context.runOnContext(v -> {
            if (full++ == 0) {
                connection.pause();
            }
        });
    }

    @Override
    public void roomy() {
        context.runOnContext(v -> {
            if (--full == 0) {
                connection.resume();
            }
        });
    }
}
