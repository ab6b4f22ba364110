package io.beemesh.libp2p.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * What is to happen, in order of time and of planning. Most timers of a protocol are cancelled before
 * they are due: events lie unsorted in buckets of 17 ms until their time is near, and those cancelled by
 * then were never sorted at all.
 */
final class EventQueue {
    private static final int BUCKET_BITS = 24;
    private static final int BUCKETS = 4096;

    private final PriorityQueue<Event> near = new PriorityQueue<>();
    private final PriorityQueue<Event> far = new PriorityQueue<>();
    private final List<List<Event>> buckets = new ArrayList<>(BUCKETS);
    private int inBuckets;
    private long bucket;

    EventQueue() {
        for (int i = 0; i < BUCKETS; i++) {
            buckets.add(new ArrayList<>(0));
        }
    }

    /** One task at its time. */
    static final class Event implements Comparable<Event> {
        private final long at;
        private final long sequence;
        private @Nullable Runnable task;

        Event(long at, long sequence, Runnable task) {
            this.at = at;
            this.sequence = sequence;
            this.task = task;
        }

        long at() {
            return at;
        }

        void run() {
            if (task != null) {
                task.run();
            }
        }

        void cancel() {
            task = null;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(sequence);
        }
    }

    void add(Event event) {
        long its = event.at >> BUCKET_BITS;
        if (its <= bucket) {
            near.add(event);
        } else if (its < bucket + BUCKETS) {
            buckets.get((int) its & (BUCKETS - 1)).add(event);
            inBuckets++;
        } else {
            far.add(event);
        }
    }

    /** The next that was not cancelled; null if there is none. */
    @Nullable
    Event peek() {
        for (;;) {
            Event head = near.peek();
            if (head == null) {
                if (!advance()) {
                    return null;
                }
            } else if (head.task == null) {
                near.remove();
            } else {
                return head;
            }
        }
    }

    /** Takes what {@link #peek} gave. */
    void remove() {
        near.remove();
    }

    /** Goes on to the next bucket; false if nothing is left. */
    private boolean advance() {
        Event first = far.peek();
        if (inBuckets > 0) {
            bucket++;
        } else if (first == null) {
            return false;
        } else {
            bucket = first.at >> BUCKET_BITS;
        }
        while (first != null && first.at >> BUCKET_BITS < bucket + BUCKETS) {
            far.remove();
            if (first.task != null) {
                add(first);
            }
            first = far.peek();
        }
        List<Event> due = buckets.get((int) bucket & (BUCKETS - 1));
        inBuckets -= due.size();
        for (Event event : due) {
            if (event.task != null) {
                near.add(event);
            }
        }
        due.clear();
        return true;
    }
}
