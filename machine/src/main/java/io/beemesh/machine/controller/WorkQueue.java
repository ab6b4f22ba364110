package io.beemesh.machine.controller;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.controller.Reconciler.Outcome;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that one reconciler has to look at: each once however often it was added, never two steps
 * of one key at a time, failures retried with exponential back-off.
 *
 * <p>At most {@value #RUNNING_MAX} steps wait for their writes at a time, so that a burst of changes
 * leaves the loop and the log room for others. Bounded by the number of keys that exist.
 */
final class WorkQueue {
    static final int RUNNING_MAX = 32;
    private static final Duration BACKOFF_MIN = Duration.ofMillis(5);
    private static final int BACKOFF_DOUBLINGS_MAX = 15;
    private static final Logger LOG = LoggerFactory.getLogger(WorkQueue.class);

    private final Loop loop;
    private final Reconciler reconciler;
    private final Map<ObjectKey, Entry> entries = new LinkedHashMap<>();
    private final ArrayDeque<ObjectKey> ready = new ArrayDeque<>();
    private int running;
    private boolean scheduled;

    WorkQueue(Loop loop, Reconciler reconciler) {
        this.loop = loop;
        this.reconciler = reconciler;
    }

    /** Asks for a step for {@code key} soon. */
    void add(ObjectKey key) {
        loop.assertInside();
        Entry entry = entries.computeIfAbsent(key, _ -> new Entry());
        entry.cancelTimer();
        if (entry.running) {
            entry.dirty = true;
        } else if (!entry.queued) {
            entry.queued = true;
            ready.add(key);
            pump();
        }
    }

    /** Asks for a step for {@code key} after {@code delay}; an earlier request wins. */
    private void addAfter(ObjectKey key, Entry entry, Duration delay) {
        entry.cancelTimer();
        entry.timer = loop.schedule(delay, () -> {
            entry.timer = null;
            add(key);
        });
    }

    /** Keys that wait or run; for tests and metrics. */
    int size() {
        return ready.size() + running;
    }

    private void pump() {
        if (!scheduled && !ready.isEmpty() && running < RUNNING_MAX) {
            scheduled = true;
            loop.execute(this::runNext);
        }
    }

    private void runNext() {
        scheduled = false;
        ObjectKey key = ready.poll();
        if (key == null) {
            return;
        }
        Entry entry = entries.computeIfAbsent(key, _ -> new Entry());
        entry.queued = false;
        entry.dirty = false;
        entry.running = true;
        running++;
        step(key, entry);
        pump();
    }

    private void step(ObjectKey key, Entry entry) {
        try {
            reconciler.reconcile(key)
                    .whenComplete((outcome, failure) -> finished(key, entry, outcome, failure));
        } catch (RuntimeException e) {
            finished(key, entry, null, e);
        }
    }

    private void finished(ObjectKey key, Entry entry, @Nullable Outcome outcome,
            @Nullable Throwable failure) {
        entry.running = false;
        running--;
        if (failure != null || outcome == null) {
            LOG.error("Reconciler failed reconciler={} key=\"{}\" failures={}",
                    reconciler.name(), key, entry.failures, failure);
            retry(key, entry);
        } else {
            switch (outcome) {
                case Outcome.Done() -> settle(key, entry);
                case Outcome.After(Duration delay) -> {
                    entry.failures = 0;
                    addAfter(key, entry, delay);
                    addIfDirty(key, entry);
                }
                case Outcome.Retry(String reason) -> {
                    LOG.debug("Step to be retried reconciler={} key=\"{}\" reason=\"{}\"",
                            reconciler.name(), key, reason);
                    retry(key, entry);
                }
            }
        }
        pump();
    }

    private void settle(ObjectKey key, Entry entry) {
        entry.failures = 0;
        if (!entry.dirty) {
            entries.remove(key);
        }
        addIfDirty(key, entry);
    }

    /** Back-off holds even for a key that changed meanwhile, else a failing step would feed itself. */
    private void retry(ObjectKey key, Entry entry) {
        int doublings = Math.min(entry.failures, BACKOFF_DOUBLINGS_MAX);
        entry.failures++;
        entry.dirty = false;
        addAfter(key, entry, BACKOFF_MIN.multipliedBy(1L << doublings));
    }

    private void addIfDirty(ObjectKey key, Entry entry) {
        if (entry.dirty) {
            add(key);
        }
    }

    private static final class Entry {
        boolean queued;
        boolean running;
        boolean dirty;
        int failures;
        Loop.@Nullable Timer timer;

        void cancelTimer() {
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
        }
    }
}
