package io.beemesh.apiserver.http;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections of one event loop. Ends those above the bound, and those that bring no request for
 * too long. On that event loop, but for the count, which all loops share.
 */
final class Connections {
    /** A new connection has this long for its first request, headers included. */
    static final Duration FIRST_REQUEST = Duration.ofSeconds(30);

    /** A connection without a request under way is kept this long for the next. */
    static final Duration IDLE = Duration.ofMinutes(3);

    private final int max;
    private final AtomicInteger all;
    private final IdentityHashMap<HttpConnection, Use> uses = new IdentityHashMap<>();

    /** {@code all} counts the connections of all event loops. */
    Connections(int max, AtomicInteger all) {
        this.max = max;
        this.all = all;
    }

    void opened(HttpConnection connection, long nowNanos) {
        if (all.incrementAndGet() > max) {
            all.decrementAndGet();
            connection.close();
            return;
        }
        uses.put(connection, new Use(nowNanos + FIRST_REQUEST.toNanos()));
        if (connection instanceof ConnectionBase base) {
            // An upgraded connection no longer tells its HTTP handlers.
            base.channel().closeFuture().addListener(done -> closed(connection));
        } else {
            connection.closeHandler(v -> closed(connection));
        }
    }

    /** The connection is no longer one of HTTP requests, and may be idle for as long as it likes. */
    void upgraded(HttpConnection connection) {
        Use use = uses.get(connection);
        if (use != null) {
            use.upgraded = true;
        }
    }

    void requestBegan(HttpConnection connection) {
        Use use = uses.get(connection);
        if (use != null) {
            use.requests++;
        }
    }

    void requestEnded(HttpConnection connection, long nowNanos) {
        Use use = uses.get(connection);
        if (use != null) {
            use.requests--;
            use.deadlineNanos = nowNanos + IDLE.toNanos();
        }
    }

    /** Ends what is idle for too long; called every few seconds. */
    void sweep(long nowNanos) {
        List<HttpConnection> idle = new ArrayList<>();
        uses.forEach((connection, use) -> {
            if (!use.upgraded && use.requests <= 0
                    && nowNanos - use.deadlineNanos > 0) {
                idle.add(connection);
            }
        });
        idle.forEach(HttpConnection::close);
    }

    private void closed(HttpConnection connection) {
        if (uses.remove(connection) != null) {
            all.decrementAndGet();
        }
    }

    private static final class Use {
        private int requests;
        private boolean upgraded;
        private long deadlineNanos;

        Use(long deadlineNanos) {
            this.deadlineNanos = deadlineNanos;
        }
    }
}
