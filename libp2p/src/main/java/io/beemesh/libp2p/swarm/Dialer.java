package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Dials peers: one run a peer at a time, a bounded number at once, and after a failure not again before
 * its back-off has passed, which doubles from 1 s to a minute.
 */
final class Dialer {
    private static final int WAITING_MAX = 1024;
    private static final int BACK_OFFS_MAX = 1024;
    private static final Duration BACK_OFF_FIRST = Duration.ofSeconds(1);
    private static final Duration BACK_OFF_MAX = Duration.ofMinutes(1);

    private record BackOff(long untilNanos, Duration length) {}

    private final Loop loop;
    private final int dialsMax;
    private final Function<PeerId, List<DialRun.Target>> targets;
    private final Map<PeerId, CompletableFuture<Connection>> pending = new LinkedHashMap<>();
    private final Deque<PeerId> waiting = new ArrayDeque<>();
    private final Map<PeerId, BackOff> backOffs = new LinkedHashMap<>();
    private int running;

    Dialer(Loop loop, int dialsMax, Function<PeerId, List<DialRun.Target>> targets) {
        this.loop = loop;
        this.dialsMax = dialsMax;
        this.targets = targets;
    }

    CompletableFuture<Connection> dial(PeerId peer) {
        CompletableFuture<Connection> known = pending.get(peer);
        if (known != null) {
            return known;
        }
        BackOff backOff = backOffs.get(peer);
        if (backOff != null && backOff.untilNanos - loop.nanoTime() > 0) {
            return CompletableFuture
                    .failedFuture(new Libp2pException("dialing " + peer + " failed a moment ago"));
        }
        if (waiting.size() >= WAITING_MAX) {
            return CompletableFuture
                    .failedFuture(new Libp2pException("too many peers wait to be dialed"));
        }
        CompletableFuture<Connection> result = new CompletableFuture<>();
        pending.put(peer, result);
        waiting.addLast(peer);
        startMore();
        return result;
    }

    /** The peer is reachable after all. */
    void forgive(PeerId peer) {
        backOffs.remove(peer);
    }

    private void startMore() {
        while (running < dialsMax && !waiting.isEmpty()) {
            PeerId peer = waiting.removeFirst();
            running++;
            new DialRun(loop, peer, targets.apply(peer)).start()
                    .whenComplete((connection, failure) -> {
                        running--;
                        CompletableFuture<Connection> result = pending.remove(peer);
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
        if (length.compareTo(BACK_OFF_MAX) > 0) {
            length = BACK_OFF_MAX;
        }
        backOffs.put(peer, new BackOff(loop.nanoTime() + length.toNanos(), length));
        if (backOffs.size() > BACK_OFFS_MAX) {
            backOffs.remove(backOffs.keySet().iterator().next());
        }
    }
}
