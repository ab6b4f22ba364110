package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.NotDialedException;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Dials peers: one run a peer at a time, a bounded number at once, and after a failure not again before
 * its back-off has passed, which doubles from 1 s. A dial that is refused for that or because
 * too many wait fails with a {@link NotDialedException}. On the loop only.
 *
 * @param <C> what a dial brings
 */
public final class Dialer<C> {
    private static final int WAITING_MAX = 1024;
    private static final int BACK_OFFS_MAX = 1024;
    private static final Duration WAITING_RETRY = Duration.ofSeconds(1);
    static final Duration BACK_OFF_FIRST = Duration.ofSeconds(1);

    private record BackOff(long untilNanos, Duration length) {}

    private final Loop loop;
    private final int dialsMax;
    private final Duration backOffMax;
    private final Function<PeerId, CompletableFuture<C>> run;
    private final Map<PeerId, CompletableFuture<C>> pending = new LinkedHashMap<>();
    private final Deque<PeerId> waiting = new ArrayDeque<>();
    private final Map<PeerId, BackOff> backOffs = new LinkedHashMap<>();
    private int running;

    /**
     * @param backOffMax the longest back-off
     * @param run begins to dial a peer at the addresses that are known of it then
     */
    public Dialer(Loop loop, int dialsMax, Duration backOffMax,
            Function<PeerId, CompletableFuture<C>> run) {
        this.loop = loop;
        this.dialsMax = dialsMax;
        this.backOffMax = backOffMax;
        this.run = run;
    }

    /** Dials, or waits with others for a dial that runs already. */
    public CompletableFuture<C> dial(PeerId peer) {
        CompletableFuture<C> known = pending.get(peer);
        if (known != null) {
            return known;
        }
        BackOff backOff = backOffs.get(peer);
        long waitNanos = backOff == null ? 0 : backOff.untilNanos - loop.nanoTime();
        if (waitNanos > 0) {
            return CompletableFuture.failedFuture(new NotDialedException(
                    "dialing " + peer + " failed a moment ago", Duration.ofNanos(waitNanos)));
        }
        if (waiting.size() >= WAITING_MAX) {
            return CompletableFuture.failedFuture(new NotDialedException(
                    "too many peers wait to be dialed", WAITING_RETRY));
        }
        CompletableFuture<C> result = new CompletableFuture<>();
        pending.put(peer, result);
        waiting.addLast(peer);
        startMore();
        return result;
    }

    /** The peer is reachable after all. */
    public void forgive(PeerId peer) {
        backOffs.remove(peer);
    }

    private void startMore() {
        while (running < dialsMax && !waiting.isEmpty()) {
            PeerId peer = waiting.removeFirst();
            running++;
            run.apply(peer).whenComplete((connection, failure) -> {
                running--;
                CompletableFuture<C> result = pending.remove(peer);
                if (failure != null) {
                    backOff(peer);
                }
                startMore();
                if (result != null && failure == null) {
                    result.complete(connection);
                } else if (result != null) {
                    result.completeExceptionally(failure);
                }
            });
        }
    }

    private void backOff(PeerId peer) {
        BackOff before = backOffs.remove(peer);
        Duration length = before == null ? BACK_OFF_FIRST : before.length.multipliedBy(2);
        if (length.compareTo(backOffMax) > 0) {
            length = backOffMax;
        }
        backOffs.put(peer, new BackOff(loop.nanoTime() + length.toNanos(), length));
        if (backOffs.size() > BACK_OFFS_MAX) {
            backOffs.remove(backOffs.keySet().iterator().next());
        }
    }
}
