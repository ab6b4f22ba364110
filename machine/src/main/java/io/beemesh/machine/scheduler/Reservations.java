package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Room that this machine keeps for pods which are not bound to it yet: each for {@link #LEASE}, so that
 * nothing is held for a home that died. At most {@value #MAX}. On the loop.
 */
final class Reservations {
    /** From the machine's yes to the binding's being seen here. */
    static final Duration LEASE = Duration.ofSeconds(10);
    static final int MAX = 4_096;

    private record Held(PodView pod, long endNanos) {}

    private final Loop loop;
    /** In the order of their ends, as all leases are of one length. */
    private final Map<String, Held> held = new LinkedHashMap<>();

    Reservations(Loop loop) {
        this.loop = loop;
    }

    /** False if too many are held. Again for the same uid begins its lease anew. */
    boolean hold(PodView pod) {
        expire();
        if (held.size() >= MAX && !held.containsKey(pod.uid())) {
            return false;
        }
        held.remove(pod.uid());
        held.put(pod.uid(), new Held(pod, loop.nanoTime() + LEASE.toNanos()));
        return true;
    }

    /** The pod is bound here, so that it counts by itself, or will not come. */
    void release(String uid) {
        held.remove(uid);
    }

    List<PodView> pods() {
        expire();
        return held.values().stream().map(Held::pod).toList();
    }

    private void expire() {
        Iterator<Held> oldest = held.values().iterator();
        while (oldest.hasNext() && oldest.next().endNanos() - loop.nanoTime() <= 0) {
            oldest.remove();
        }
    }
}
