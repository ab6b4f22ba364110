package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The pods without machine: the most important first, those for which there is no room parked until
 * something changes, and never tried again before their back-off is over. As many entries as there are
 * such pods.
 */
final class PodQueue {
    static final Duration BACKOFF_MIN = Duration.ofSeconds(1);
    static final Duration BACKOFF_MAX = Duration.ofSeconds(10);
    /** A parked pod is tried after this long even if nothing changed. */
    static final Duration PARKED_MAX = Duration.ofMinutes(5);
    private static final Comparator<Entry> ORDER = Comparator
            .<Entry>comparingInt(e -> -e.pod.priority()).thenComparingLong(e -> e.sequence);

    private final Loop loop;
    private final Runnable onReady;
    private final Map<ObjectKey, Entry> entries = new TreeMap<>();
    private final TreeSet<Entry> active = new TreeSet<>(ORDER);
    private long sequence;

    /** @param onReady called when there may be a pod to {@link #poll} */
    PodQueue(Loop loop, Runnable onReady) {
        this.loop = loop;
        this.onReady = onReady;
    }

    /** A new pod, or one whose spec has changed; a change of its status alone wakes nothing. */
    void put(PodView pod) {
        Entry entry = entries.get(pod.key());
        if (entry == null || !entry.pod.uid().equals(pod.uid())) {
            remove(pod.key());
            entry = new Entry(pod, sequence++);
            entries.put(pod.key(), entry);
            activate(entry);
            return;
        }
        boolean same = entry.pod.spec().equals(pod.spec())
                && entry.pod.labels().equals(pod.labels())
                && entry.pod.requests().equals(pod.requests());
        active.remove(entry);
        boolean wasActive = entry.state == State.ACTIVE;
        entry.pod = pod;
        if (wasActive || (!same && entry.state == State.PARKED)) {
            activate(entry);
        }
    }

    void remove(ObjectKey key) {
        Entry entry = entries.remove(key);
        if (entry != null) {
            active.remove(entry);
            entry.cancelTimer();
        }
    }

    /** The next pod to try; it is being tried until {@link #park} or {@link #remove}. */
    Optional<PodView> poll() {
        Entry entry = active.pollFirst();
        if (entry == null) {
            return Optional.empty();
        }
        entry.state = State.TRIED;
        entry.attempts++;
        return Optional.of(entry.pod);
    }

    /** Puts a pod aside until {@link #wake}. */
    void park(ObjectKey key) {
        Entry entry = entries.get(key);
        if (entry == null || entry.state != State.TRIED) {
            return;
        }
        entry.state = State.PARKED;
        long factor = 1L << Math.min(entry.attempts - 1, 10);
        Duration backoff = BACKOFF_MIN.multipliedBy(factor);
        entry.notBeforeNanos = loop.nanoTime()
                + (backoff.compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : backoff).toNanos();
        entry.setTimer(loop.schedule(PARKED_MAX, () -> activate(entry)));
    }

    /** Something changed that may help the parked pods that {@code which} names. */
    void wake(Predicate<PodView> which) {
        for (Entry entry : List.copyOf(entries.values())) {
            if (entry.state == State.PARKED && !entry.woken && which.test(entry.pod)) {
                long wait = entry.notBeforeNanos - loop.nanoTime();
                if (wait <= 0) {
                    activate(entry);
                } else {
                    entry.woken = true;
                    entry.setTimer(loop.schedule(Duration.ofNanos(wait), () -> activate(entry)));
                }
            }
        }
    }

    /** What the parked pods were waiting for is there: no back-off. */
    void wakeNow(Predicate<PodView> which) {
        for (Entry entry : List.copyOf(entries.values())) {
            if (entry.state == State.PARKED && which.test(entry.pod)) {
                activate(entry);
            }
        }
    }

    /** Pods without machine. */
    int size() {
        return entries.size();
    }

    private void activate(Entry entry) {
        if (entries.get(entry.pod.key()) != entry) {
            return;
        }
        entry.cancelTimer();
        entry.woken = false;
        entry.state = State.ACTIVE;
        active.add(entry);
        onReady.run();
    }

    private enum State {
        ACTIVE, TRIED, PARKED
    }

    private static final class Entry {
        private final long sequence;
        private PodView pod;
        private State state = State.ACTIVE;
        private int attempts;
        private long notBeforeNanos;
        private boolean woken;
        private Loop.@Nullable Timer timer;

        Entry(PodView pod, long sequence) {
            this.pod = pod;
            this.sequence = sequence;
        }

        void setTimer(Loop.Timer next) {
            cancelTimer();
            timer = next;
        }

        void cancelTimer() {
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
        }
    }
}
