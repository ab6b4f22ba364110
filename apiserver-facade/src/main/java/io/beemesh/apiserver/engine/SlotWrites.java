package io.beemesh.apiserver.engine;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Commits an object and its companions. Those of the object's own slot go in one log entry with it; of
 * other slots, what is made comes before, one by one, and is taken back if the object is not committed;
 * what is removed goes after. A crash between leaves companions without an object, never an object
 * without its companions.
 */
final class SlotWrites {
    private final Registry registry;

    SlotWrites(Registry registry) {
        this.registry = registry;
    }

    /** The result of the object's own write, or of the companion that prevented it. */
    CompletableFuture<WriteResult> write(Mutation object, List<Mutation> companions) {
        int slot = SlotMap.of(object.key());
        List<Mutation> together = new ArrayList<>(List.of(object));
        List<Mutation> before = new ArrayList<>();
        List<Mutation> after = new ArrayList<>();
        for (Mutation companion : companions) {
            if (SlotMap.of(companion.key()) == slot) {
                together.add(companion);
            } else if (companion instanceof Mutation.Delete) {
                after.add(companion);
            } else {
                before.add(companion);
            }
        }
        if (before.isEmpty() && after.isEmpty()) {
            return registry.write(together);
        }
        return before(before, together, after, new ArrayList<>());
    }

    private CompletableFuture<WriteResult> before(List<Mutation> left, List<Mutation> together,
            List<Mutation> after, List<StoredObject> made) {
        if (left.isEmpty()) {
            return registry.write(together).thenCompose(result -> {
                boolean unknown = result instanceof WriteResult.Unavailable u
                        && u.maybeCommitted();
                if (result instanceof WriteResult.Committed) {
                    return each(after, result);
                }
                // What may have been committed keeps its claims; their reconciler sees what came of
                // it.
                return unknown
                        ? CompletableFuture.completedFuture(result)
                        : each(undo(made), result);
            });
        }
        return registry.write(List.of(left.getFirst())).thenCompose(result -> {
            if (result instanceof WriteResult.Committed committed) {
                made.add(committed.object());
                return before(left.subList(1, left.size()), together, after, made);
            }
            return each(undo(made), result);
        });
    }

    private static List<Mutation> undo(List<StoredObject> made) {
        List<Mutation> deletions = new ArrayList<>();
        for (StoredObject object : made) {
            ObjectKey key = object.key();
            deletions.add(new Mutation.Delete(Draft.of(key, object.object()), object.version()));
        }
        return deletions;
    }

    /** Writes each by itself, whatever comes of it, and then gives {@code result}. */
    private CompletableFuture<WriteResult> each(List<Mutation> mutations, WriteResult result) {
        CompletableFuture<WriteResult> all = CompletableFuture.completedFuture(result);
        for (Mutation mutation : mutations) {
            all = all.thenCompose(
                    r -> registry.write(List.of(mutation)).thenApply(ignored -> result));
        }
        return all;
    }
}
