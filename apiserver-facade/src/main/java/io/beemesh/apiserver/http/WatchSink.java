package io.beemesh.apiserver.http;

import io.beemesh.apiserver.request.ApiResponse;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the frames of one watch from their producer, on any thread, to the connection, on its event
 * loop. Frames wait here while the client is slow; beyond the bound the watch is ended after what the
 * connection already has, and the client watches again from the last version that it saw.
 */
final class WatchSink implements ApiResponse.Sink {
    /** Frames that may wait; the initial state, sent from within start, does not count. */
    static final int FRAMES_MAX = 10_000;

    /** Bytes that may wait; the initial state, sent from within start, does not count. */
    static final long BYTES_MAX = 8L * 1024 * 1024;

    /** How long an ended watch may take to deliver what it has. */
    private static final long LINGER_MILLIS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(WatchSink.class);

    private final Context context;
    private final WatchOutlet outlet;
    private final ApiResponse.Producer producer;
    private final Runnable onEnd;

    private final ReentrantLock lock = new ReentrantLock();
    // Under the lock.
    private final ArrayDeque<List<byte[]>> queue = new ArrayDeque<>();
    private long queuedBytes;
    private boolean scheduled;
    private State state = State.OPEN;
    /** Who is within start; only that thread itself looks for itself here. */
    private volatile @Nullable Thread starter;
    // On the event loop.
    private boolean finished;

    private enum State {
        OPEN,
        /** The producer has no more. */
        ENDING,
        /** The client was too slow. */
        OVERFLOWN, GONE
    }

    /** {@code onEnd} is called once on the event loop when all is over. */
    WatchSink(Context context, WatchOutlet outlet, ApiResponse.Producer producer, Runnable onEnd) {
        this.context = context;
        this.outlet = outlet;
        this.producer = producer;
        this.onEnd = onEnd;
    }

    /** Lets the producer begin. On the event loop. */
    void start() {
        outlet.onReady(this::drain);
        outlet.onGone(this::gone);
        starter = Thread.currentThread();
        try {
            producer.start(this);
        } finally {
            starter = null;
        }
    }

    @Override
    public void send(List<byte[]> pieces) {
        long bytes = Chunks.totalBytes(pieces);
        lock.lock();
        try {
            if (state != State.OPEN) {
                return;
            }
            boolean initial = starter == Thread.currentThread();
            if (!initial && (queue.size() >= FRAMES_MAX || queuedBytes + bytes > BYTES_MAX)) {
                state = State.OVERFLOWN;
                queue.clear();
                queuedBytes = 0;
                scheduled = false; // a stalled client never asks for more
            } else {
                queue.add(pieces);
                queuedBytes += bytes;
            }
            if (scheduled) {
                return;
            }
            scheduled = true;
        } finally {
            lock.unlock();
        }
        context.runOnContext(v -> drain());
    }

    @Override
    public void end() {
        lock.lock();
        try {
            if (state != State.OPEN) {
                return;
            }
            state = State.ENDING;
            if (scheduled) {
                return;
            }
            scheduled = true;
        } finally {
            lock.unlock();
        }
        context.runOnContext(v -> drain());
    }

    /** Writes until the connection is full or nothing waits. */
    private void drain() {
        while (!finished && !outlet.isFull()) {
            List<byte[]> frame = next();
            if (frame == null) {
                break;
            }
            outlet.write(frame);
        }
        outlet.flush();
        finishIfEnded();
    }

    private @Nullable List<byte[]> next() {
        lock.lock();
        try {
            List<byte[]> frame = queue.poll();
            if (frame == null) {
                scheduled = false;
            } else {
                queuedBytes -= Chunks.totalBytes(frame);
            }
            return frame;
        } finally {
            lock.unlock();
        }
    }

    private void finishIfEnded() {
        State now = settled();
        if (finished || now == State.OPEN) {
            return;
        }
        if (now == State.OVERFLOWN) {
            LOG.warn("Slow watch ended framesMax={} bytesMax={}", FRAMES_MAX, BYTES_MAX);
        }
        finish(now == State.OVERFLOWN);
        long timer = context.owner().setTimer(LINGER_MILLIS, t -> outlet.abort());
        outlet.end().onComplete(done -> context.owner().cancelTimer(timer));
    }

    /** The state once nothing waits; until then it counts as open. */
    private State settled() {
        lock.lock();
        try {
            return queue.isEmpty() ? state : State.OPEN;
        } finally {
            lock.unlock();
        }
    }

    private void gone() {
        boolean wasOpen;
        lock.lock();
        try {
            wasOpen = state == State.OPEN;
            state = State.GONE;
            queue.clear();
            queuedBytes = 0;
        } finally {
            lock.unlock();
        }
        finish(wasOpen);
    }

    private void finish(boolean stop) {
        if (finished) {
            return;
        }
        finished = true;
        if (stop) {
            producer.stop();
        }
        onEnd.run();
    }
}
