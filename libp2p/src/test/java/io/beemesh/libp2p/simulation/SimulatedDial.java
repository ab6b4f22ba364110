package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Tries the addresses of one peer as a real host does: the next after a failure or a quarter of a second. */
final class SimulatedDial {
    private static final int ADDRESSES_MAX = 8;
    private static final Duration STAGGER = Duration.ofMillis(250);

    private final SimulatedNetwork network;
    private final SimulatedHost from;
    private final PeerId peer;
    private final List<Multiaddr> addresses;
    private final CompletableFuture<SimulatedConnection> result = new CompletableFuture<>();
    private int next;
    private int failed;

    SimulatedDial(SimulatedNetwork network, SimulatedHost from, PeerId peer,
            List<Multiaddr> addresses) {
        this.network = network;
        this.from = from;
        this.peer = peer;
        this.addresses = addresses.subList(0, Math.min(addresses.size(), ADDRESSES_MAX));
    }

    CompletableFuture<SimulatedConnection> start() {
        if (addresses.isEmpty()) {
            result.completeExceptionally(new Libp2pException("no address"));
        }
        tryNext();
        return result;
    }

    private void tryNext() {
        if (result.isDone() || next == addresses.size()) {
            return;
        }
        Multiaddr address = addresses.get(next++);
        int mine = next;
        if (next < addresses.size()) {
            network.simulation().schedule(STAGGER.toNanos(), () -> {
                if (next == mine) {
                    tryNext();
                }
            });
        }
        dial(address);
    }

    private void dial(Multiaddr address) {
        network.counters().dials++;
        SimulatedHost target = network.at(address);
        long timeout = network.conditions().dialTimeout().toNanos();
        if (target == null || target.silent || network.isBlocked(from, target)
                || network.isBlocked(target, from)) {
            network.counters().blocked += target == null || target.silent ? 0 : 1;
            network.simulation().schedule(timeout, () -> fail("dial timed out"));
            return;
        }
        long duration = network.latencyWithLoss(from, target)
                + network.latencyWithLoss(target, from)
                + 4 * network.latency(from, target);
        if (network.breaks() || duration > timeout) {
            network.simulation().schedule(timeout, () -> fail("dial timed out"));
        } else if (!target.isUp()) {
            network.simulation().schedule(duration / 3, () -> fail("dial was refused"));
        } else {
            network.simulation().schedule(duration, () -> end(target));
        }
    }

    private void end(SimulatedHost target) {
        if (!from.isUp() || result.isDone()) {
            return;
        }
        if (!target.isUp() || !target.peerId().equals(peer)) {
            fail("host went away or is another peer");
            return;
        }
        from.loop().run(() -> result.complete(from.connectionTo(target)));
    }

    private void fail(String why) {
        network.counters().dialsFailed++;
        if (++failed == addresses.size()) {
            from.loop().run(() -> result.completeExceptionally(new Libp2pException(why)));
        } else {
            tryNext();
        }
    }
}
