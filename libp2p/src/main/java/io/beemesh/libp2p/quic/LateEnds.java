package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.Loop;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionPathStats;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Streams of one connection that are to end after their last bytes have left. Such an end is safe once those
 * bytes are acknowledged (see {@link QuicOutput}), which QUIC does not say. It follows where nothing was
 * sent for longer than a probe takes: what is under way would have been repeated. A connection that does
 * not become quiet by itself is made so, by holding back for a while what its streams write.
 */
final class LateEnds {
    /** A probe timeout is three round trips at first (RFC 9002, 6.2) and the other side's delay. */
    private static final int QUIET_ROUND_TRIPS = 3;

    private static final Duration QUIET = Duration.ofMillis(30);

    /** How long ends wait before streams are held back, and at most. */
    private static final Duration FREE = Duration.ofMillis(500);

    private static final Duration WAIT_MAX = Duration.ofSeconds(3);

    /** After so many steps without data the whole congestion window says that nothing is under way. */
    private static final int STEPS_HELD = 3;

    private final Loop loop;
    private final QuicChannel channel;
    private final Runnable resume;
    private final List<QuicOutput> waiting = new ArrayList<>(2);
    private long since;
    private int stepsHeld;

    /** {@code resume} lets the streams go on that were held back. */
    LateEnds(Loop loop, QuicChannel channel, Runnable resume) {
        this.loop = loop;
        this.channel = channel;
        this.resume = resume;
    }

    /** True while the connection's streams must give QUIC nothing. */
    boolean isHolding() {
        return stepsHeld > 0;
    }

    /** Ends the stream of {@code output} as soon as that is safe. */
    void add(QuicOutput output) {
        waiting.add(output);
        if (waiting.size() == 1) {
            since = loop.nanoTime();
            plan(stats());
        }
    }

    private Future<QuicConnectionPathStats> stats() {
        return channel.collectPathStats(0);
    }

    private void plan(Future<QuicConnectionPathStats> before) {
        long roundTrip = before.isSuccess() ? before.getNow().rtt() : 0;
        var ignored = loop.schedule(QUIET.plusNanos(QUIET_ROUND_TRIPS * roundTrip),
                () -> look(before));
    }

    private void look(Future<QuicConnectionPathStats> before) {
        Future<QuicConnectionPathStats> now = stats();
        boolean safe = !before.isSuccess() || !now.isSuccess() || hasWaited(WAIT_MAX)
                || before.getNow().sent() == now.getNow().sent();
        if (!safe && stepsHeld > STEPS_HELD) {
            long window = now.getNow().cwnd();
            safe = waiting.stream().allMatch(output -> output.capacity() == window);
        }
        if (!safe) {
            stepsHeld = isHolding() || hasWaited(FREE) ? stepsHeld + 1 : 0;
            plan(now);
            return;
        }
        List<QuicOutput> due = List.copyOf(waiting);
        waiting.clear();
        due.forEach(QuicOutput::end);
        if (isHolding()) {
            stepsHeld = 0;
            resume.run();
        }
    }

    private boolean hasWaited(Duration time) {
        return loop.nanoTime() - since > time.toNanos();
    }
}
