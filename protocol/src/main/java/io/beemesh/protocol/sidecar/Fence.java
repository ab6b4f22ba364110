package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;

/**
 * The gate of all streams that bring bytes of one pod of a StatefulSet. It is open while an answered challenge is
 * fresh. The pod answers a challenge only while it has a lease, so the answer says that it had one at some
 * time after the challenge was sent: time counts from there, by this side's clock alone, and a pause of either side
 * only makes it older. It asks only while bytes come, so that quiet connections cost nothing. On the loop only.
 */
public final class Fence implements Gate {
    /** Until a challenge that was not answered is followed by another. */
    static final Duration AGAIN = Duration.ofMillis(500);
    /** Challenges whose answer still counts. */
    private static final int ASKED_MAX = 4;

    private final Loop loop;
    private final FenceTiming timing;
    private final RandomGenerator random;
    private final LongConsumer challenge;
    private final Runnable whenUnused;
    private final Set<Waiting> streams = new LinkedHashSet<>();
    /** When each was sent, by its number. */
    private final Map<Long, Long> asked = new LinkedHashMap<>();
    private Loop.Timer again = () -> {
    };
    private long askedAt;
    private long freshUntil;
    private boolean asking;
    private boolean proven;
    private boolean held;

    /**
     * @param challenge sends a number to the pod, which {@link #answered} brings back
     * @param whenUnused called whenever no stream is left
     */
    public Fence(Loop loop, FenceTiming timing, RandomGenerator random, LongConsumer challenge,
            Runnable whenUnused) {
        this.loop = loop;
        this.timing = timing;
        this.random = random;
        this.challenge = challenge;
        this.whenUnused = whenUnused;
    }

    @Override
    public boolean isOpen() {
        long now = loop.nanoTime();
        boolean open = proven && freshUntil - now > 0;
        if (!open || freshUntil - now < timing.fresh().toNanos() / 2) {
            ask(now);
        }
        held |= !open;
        return open;
    }

    private void ask(long now) {
        if (asking && now - askedAt < AGAIN.toNanos()) {
            return;
        }
        asking = true;
        askedAt = now;
        long number = random.nextLong();
        asked.put(number, now);
        if (asked.size() > ASKED_MAX) {
            asked.remove(asked.keySet().iterator().next());
        }
        again.cancel();
        again = loop.schedule(AGAIN, () -> {
            asking = false;
            if (held && !streams.isEmpty()) {
                ask(loop.nanoTime());
            }
        });
        challenge.accept(number);
    }

    /** The pod had its lease when it answered the challenge of this number. */
    public void answered(long number) {
        Long sent = asked.remove(number);
        if (sent == null) {
            return;
        }
        long until = sent + timing.fresh().toNanos();
        freshUntil = proven ? Math.max(freshUntil, until) : until;
        proven = true;
        asking = false;
        if (freshUntil - loop.nanoTime() > 0) {
            held = false;
            List.copyOf(streams).forEach(Waiting::onOpen);
        }
    }

    /** Another pod has its ordinal, or its place. */
    public void lost() {
        List.copyOf(streams).forEach(Waiting::onLost);
    }

    boolean isUnused() {
        return streams.isEmpty();
    }

    @Override
    public void add(Waiting waiting) {
        streams.add(waiting);
    }

    @Override
    public void remove(Waiting waiting) {
        if (streams.remove(waiting) && streams.isEmpty()) {
            whenUnused.run();
        }
    }

    void close() {
        again.cancel();
    }
}
