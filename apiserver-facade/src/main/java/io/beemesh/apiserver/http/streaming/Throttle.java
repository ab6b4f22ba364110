package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Context;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.net.NetSocket;

/**
 * Stops reading a connection while at least one of its pipes is full. Its methods come from any
 * thread.
 */
final class Throttle implements InboundPipe.Listener {
    private final Context context;
    private final Reading reading;
    /** Pipes that are full; on the event loop. */
    private int full;

    private Throttle(Context context, Reading reading) {
        this.context = context;
        this.reading = reading;
    }

    static Throttle of(Context context, NetSocket socket) {
        return new Throttle(context, on -> {
            if (on) {
                socket.resume();
            } else {
                socket.pause();
            }
        });
    }

    /** Stops at the channel: a paused WebSocket first hoards messages, each of which may be large. */
    static Throttle of(Context context, ServerWebSocket socket) {
        WebSocketInternal internal = (WebSocketInternal) socket;
        return new Throttle(context,
                on -> internal.channelHandlerContext().channel().config().setAutoRead(on));
    }

    /** Switches reading on and off; on the event loop. */
    private interface Reading {
        void set(boolean on);
    }

    @Override
    public void full() {
        context.runOnContext(v -> {
            if (full++ == 0) {
                reading.set(false);
            }
        });
    }

    @Override
    public void roomy() {
        context.runOnContext(v -> {
            if (--full == 0) {
                reading.set(true);
            }
        });
    }
}
