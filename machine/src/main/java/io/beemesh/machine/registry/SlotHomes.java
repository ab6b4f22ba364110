package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Where slots are, for nodes that hold no replica of them: the provider records of the DHT in a real
 * node. What it says is a hint: the homes themselves know. On the loop only.
 */
public interface SlotHomes {
    /** For meshes so small that every node holds every slot. */
    SlotHomes NONE = new SlotHomes() {
        @Override
        public CompletableFuture<List<PeerId>> find(int slot) {
            return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public void announce(int slot) {
            // Nobody asks.
        }

        @Override
        public void withdraw(int slot) {
            // As above.
        }
    };

    /** Who announced itself as a home of the slot, best first; empty if nobody is found in time. */
    CompletableFuture<List<PeerId>> find(int slot);

    /** Tells from now on, until {@link #withdraw}, that this node is a home of the slot. */
    void announce(int slot);

    /** Tells it no more. */
    void withdraw(int slot);
}
