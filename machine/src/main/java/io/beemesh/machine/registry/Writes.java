package io.beemesh.machine.registry;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Decides on writes to slots that this node serves, as their primary or from a fork. On the loop only. */
final class Writes {
    private static final Duration SOON = Duration.ofSeconds(1);

    private final HomeSlots slots;
    private final Primary primary;

    Writes(HomeSlots slots, Primary primary) {
        this.slots = slots;
        this.primary = primary;
    }

    /**
     * Decides on a write as primary.
     *
     * @param settle what of a fork it merges, if it does
     */
    void asPrimary(Slot slot, List<Mutation> mutations, long request, Optional<Settle> settle,
            CompletableFuture<WriteResult> future) {
        // What is committed and not told is no more in flight, and not in the table of objects
        // either.
        slots.tellCommitted();
        if (settle.isPresent()) {
            slots.clock().observe(settle.get().version());
            if (slot.settledNext(settle.get().owner()).upTo() != settle.get().before()) {
                future.complete(new WriteResult.Unavailable("that was merged before", SOON, true));
                return;
            }
        }
        primary.write(new LogTarget(slot, slots.forks(), slots.clock()), mutations, request,
                settle, future);
    }

    /** Decides on a write to a slot that is served from a fork. */
    void onFork(Slot slot, List<Mutation> mutations, CompletableFuture<WriteResult> future) {
        slots.tellCommitted();
        switch (slots.forks().decide(slot, mutations)) {
            case Forks.WriteDecision.Refused(WriteResult result) -> future.complete(result);
            case Forks.WriteDecision.Write(Fork fork) ->
                primary.write(fork, mutations, 0, Optional.empty(), future);
        }
    }
}
