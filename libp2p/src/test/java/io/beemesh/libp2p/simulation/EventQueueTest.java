package io.beemesh.libp2p.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class EventQueueTest {
    private static void nothing() {}

    @Test
    void events_comeAsFromAPriorityQueue_withoutTheCancelled() {
        SplittableRandom random = new SplittableRandom(1);
        EventQueue queue = new EventQueue();
        PriorityQueue<EventQueue.Event> expected = new PriorityQueue<>();
        List<EventQueue.Event> planned = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 50_000; i++) {
            // From now to hours ahead.
            long delay = random.nextLong(1L << (10 + random.nextInt(34)));
            EventQueue.Event event = new EventQueue.Event(now + delay, i, EventQueueTest::nothing);
            queue.add(event);
            expected.add(event);
            planned.add(event);
            if (i % 3 == 0) {
                EventQueue.Event cancelled = planned.get(random.nextInt(planned.size()));
                cancelled.cancel();
                expected.remove(cancelled);
            } else if (i % 3 == 1 && !expected.isEmpty()) {
                EventQueue.Event next = queue.peek();
                assertThat(next).isSameAs(expected.remove());
                queue.remove();
                now = Math.max(now, next == null ? 0 : next.at());
            }
        }
        for (EventQueue.Event next = expected.poll(); next != null; next = expected.poll()) {
            assertThat(queue.peek()).isSameAs(next);
            queue.remove();
        }
        assertThat(queue.peek()).isNull();
    }
}
