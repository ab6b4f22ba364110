package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Tries the addresses of one peer: the next as soon as one fails, or after a quarter of a second without
 * an answer. The first connection wins; later ones are closed.
 */
final class DialRun {
    private static final int ADDRESSES_MAX = 8;
    private static final Duration STAGGER = Duration.ofMillis(250);

    /** An address and the transport for it. */
    record Target(Multiaddr address, Transport transport) {}

    private final Loop loop;
    private final PeerId peer;
    private final List<Target> targets;
    private final List<String> failures = new ArrayList<>();
    private final CompletableFuture<Connection> result = new CompletableFuture<>();
    private int next;
    private boolean probing;

    DialRun(Loop loop, PeerId peer, List<Target> targets) {
        this.loop = loop;
        this.peer = peer;
        this.targets = targets.subList(0, Math.min(targets.size(), ADDRESSES_MAX));
        // A peer with a relay is likely behind a NAT: what leaves from the listening port now would
        // keep
        // the NATs between from being punched for minutes.
        this.probing = targets.stream().anyMatch(it -> ObservedAddresses.isRelayed(it.address));
    }

    CompletableFuture<Connection> start() {
        if (targets.isEmpty()) {
            result.completeExceptionally(
                    new Libp2pException("no address to dial is known of " + peer));
        } else {
            tryNext();
        }
        return result;
    }

    /** Dials as a stranger would. */
    CompletableFuture<Connection> probe() {
        probing = true;
        return start();
    }

    /** Dials all addresses at once, as the peer does at this moment. */
    CompletableFuture<Connection> punch(boolean asDialer) {
        if (targets.isEmpty()) {
            return start();
        }
        for (Target target : targets) {
            target.transport.punch(target.address, peer, asDialer)
                    .whenComplete((connection, failure) -> onDialed(target, connection, failure));
        }
        return result;
    }

    private void tryNext() {
        if (result.isDone() || next == targets.size()) {
            return;
        }
        Target target = targets.get(next++);
        int mine = next;
        Loop.Timer stagger = loop.schedule(STAGGER, () -> {
            if (next == mine) {
                tryNext();
            }
        });
        CompletableFuture<Connection> dialed = probing
                ? target.transport.probe(target.address, peer)
                : target.transport.dial(target.address, peer);
        dialed.whenComplete((connection, failure) -> {
            stagger.cancel();
            onDialed(target, connection, failure);
        });
    }

    private void onDialed(Target target, Connection connection, @Nullable Throwable failure) {
        if (failure != null) {
            onFailure(target, failure);
        } else if (!result.complete(connection)) {
            connection.close();
        }
    }

    private void onFailure(Target target, Throwable failure) {
        failures.add(target.address + ": " + failure.getMessage());
        if (failures.size() == targets.size()) {
            result.completeExceptionally(
                    new Libp2pException("cannot reach " + peer + ": " + failures));
        } else {
            tryNext();
        }
    }
}
