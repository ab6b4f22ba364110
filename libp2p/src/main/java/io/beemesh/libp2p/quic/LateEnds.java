package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Streams of one connection that are to end after their last bytes have left. Such an end is safe once those
 * bytes are acknowledged (see {@link QuicOutput}), which QUIC does not say. It follows where nothing was sent for
 * a while and a stream is allowed the whole congestion window, so that nothing is under way: silence alone may be
 * a probe that comes late. A connection that does not become quiet by itself is made so, by holding back for a
 * while what its streams write.
 */
final class LateEnds {
    /** A probe timeout is three round trips at first (RFC 9002, 6.2) and the other side's delay. */
    private static final int QUIET_ROUND_TRIPS = 3;

    private static final Duration QUIET = Duration.ofMillis(30);

    /** How long ends wait before streams are held back, and at most. */
    private static final Duration FREE = Duration.ofMillis(500);

    private static final Duration WAIT_MAX = Duration.ofSeconds(20);

    /** After so many steps without data the whole congestion window alone says that nothing is under way. */
    private static final int STEPS_HELD = 3;

    /**
     * Streams may be allowed less than the window by the other side, and more while QUIC recovers from loss. Where that
     * stays the same for so many steps nothing was acknowledged or repeated, as it would be if something were
     * under way.
     */
    private static final int STEPS_UNCHANGED = 8;

    private final Loop loop;
    private final Supplier<Optional<PathState>> path;
    private final Runnable resume;
    private final List<Waiting> waiting = new ArrayList<>(2);
    private int stepsHeld;
    private int stepsUnchanged;
    private List<Long> capacities = List.of();

    /** What QUIC tells of a connection's path. */
    record PathState(long packetsSent, long packetsReceived, Duration roundTrip,
            long congestionWindow) {}

    /** The sending side of a stream. */
    interface Sender {
        /** Ends the stream. */
        void end();

        /** What QUIC allows the stream now, in bytes. */
        long capacity();
    }

    private record Waiting(Sender sender, long sinceNanos) {}

    /**
     * @param path empty once the connection is gone
     * @param resume lets the streams go on that were held back
     */
    LateEnds(Loop loop, Supplier<Optional<PathState>> path, Runnable resume) {
        this.loop = loop;
        this.path = path;
        this.resume = resume;
    }

    /** True while the connection's streams must give QUIC nothing. */
    boolean isHolding() {
        return stepsHeld > 0;
    }

    /** Ends the stream of {@code sender} as soon as that is safe. */
    void add(Sender sender) {
        waiting.add(new Waiting(sender, loop.nanoTime()));
        if (waiting.size() == 1) {
            stepsUnchanged = 0;
            plan(path.get());
        }
    }

    private void plan(Optional<PathState> before) {
        Duration roundTrip = before.map(PathState::roundTrip).orElse(Duration.ZERO);
        var ignored = loop.schedule(QUIET.plus(roundTrip.multipliedBy(QUIET_ROUND_TRIPS)),
                () -> look(before));
    }

    private void look(Optional<PathState> before) {
        Optional<PathState> now = path.get();
        boolean all = before.isEmpty() || now.isEmpty() || hasWaited(WAIT_MAX);
        List<Waiting> due = all
                ? List.copyOf(waiting)
                : acknowledged(before.orElseThrow(), now.orElseThrow());
        waiting.removeAll(due);
        due.forEach(each -> each.sender().end());
        if (!waiting.isEmpty()) {
            plan(now);
        }
        hold(!waiting.isEmpty() && hasWaited(FREE));
    }

    private void hold(boolean on) {
        boolean wasHolding = isHolding();
        stepsHeld = on ? stepsHeld + 1 : 0;
        if (wasHolding && !on) {
            resume.run();
        }
    }

    /**
     * A stream's allowance is what was left of the window when it last wrote or, later, when a packet came. What was
     * declared lost by that packet is not under way, but is repeated at once, which the count of packets shows.
     */
    private List<Waiting> acknowledged(PathState before, PathState now) {
        boolean silent = before.packetsSent() == now.packetsSent();
        boolean fresh = isHolding() && before.packetsReceived() != now.packetsReceived();
        List<Long> current = waiting.stream().map(each -> each.sender().capacity()).toList();
        boolean unchanged = current.equals(capacities) && (silent || fresh);
        stepsUnchanged = unchanged ? stepsUnchanged + 1 : 0;
        capacities = current;
        if (stepsUnchanged >= STEPS_UNCHANGED) {
            return List.copyOf(waiting);
        }
        long window = now.congestionWindow();
        return silent || stepsHeld > STEPS_HELD
                ? waiting.stream().filter(each -> each.sender().capacity() == window).toList()
                : List.of();
    }

    private boolean hasWaited(Duration time) {
        return loop.nanoTime() - waiting.getFirst().sinceNanos() > time.toNanos();
    }
}
