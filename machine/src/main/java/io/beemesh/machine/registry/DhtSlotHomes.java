package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.kad.KadPeer;
import io.beemesh.libp2p.kad.Kademlia;
import io.beemesh.libp2p.multiformats.Multihash;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Homes of slots as provider records of the DHT. Answers are kept for {@link #CACHED}, and questions for
 * one slot that come at once are asked once. On the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/kad-dht/README.md">kad-dht</a>
 */
public final class DhtSlotHomes implements SlotHomes {
    private static final Duration CACHED = Duration.ofSeconds(10);
    private static final int HOMES_MAX = 8;

    private final Kademlia kademlia;
    private final Loop loop;
    private final Map<Integer, Known> known = new HashMap<>();

    private record Known(CompletableFuture<List<PeerId>> homes, long sinceNanos) {}

    /** At most one entry per slot is kept. */
    public DhtSlotHomes(Kademlia kademlia, Loop loop) {
        this.kademlia = kademlia;
        this.loop = loop;
    }

    /** What the DHT calls a slot. */
    public static byte[] key(int slot) {
        return Multihash.sha256(("beemesh-slot-" + slot).getBytes(StandardCharsets.US_ASCII))
                .toBytes();
    }

    @Override
    public CompletableFuture<List<PeerId>> find(int slot) {
        loop.assertInside();
        Known before = known.get(slot);
        boolean isFresh = before != null && (!before.homes.isDone()
                || loop.nanoTime() - before.sinceNanos < CACHED.toNanos());
        if (before != null && isFresh) {
            return before.homes;
        }
        CompletableFuture<List<PeerId>> homes = kademlia.findProviders(key(slot), HOMES_MAX)
                .thenApply(peers -> peers.stream().map(KadPeer::id).toList());
        known.put(slot, new Known(homes, loop.nanoTime()));
        homes.thenAccept(found -> {
            if (found.isEmpty()) {
                known.remove(slot); // Somebody may announce it any moment.
            }
        });
        return homes;
    }

    @Override
    public void announce(int slot) {
        loop.assertInside();
        kademlia.provide(key(slot));
    }

    @Override
    public void withdraw(int slot) {
        loop.assertInside();
        kademlia.stopProviding(key(slot));
    }
}
