package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Decides whether mutations may be made, from the state that they would meet. */
final class WriteCheck {
    /** What a write comes to. */
    sealed interface Verdict {
        /**
         * All preconditions hold.
         *
         * @param former the state that each mutation meets; empty for a create
         */
        record Accepted(List<Optional<StoredObject>> former) implements Verdict {}

        /** One does not. */
        record Refused(WriteResult result) implements Verdict {}
    }

    private WriteCheck() {}

    /** The one slot of all keys; throws if there is none, or two mutations are of one object. */
    static int slotOf(List<Mutation> mutations) {
        Set<ObjectKey> keys = new HashSet<>();
        int slot = -1;
        for (Mutation mutation : mutations) {
            int next = SlotMap.of(mutation.key());
            if (slot >= 0 && slot != next) {
                throw new IllegalArgumentException("a write spans slots: " + mutations.getFirst()
                        .key() + " is in " + slot + ", " + mutation.key() + " in " + next);
            }
            if (!keys.add(mutation.key())) {
                throw new IllegalArgumentException(
                        "a write changes " + mutation.key() + " twice");
            }
            slot = next;
        }
        if (slot < 0) {
            throw new IllegalArgumentException("a write without mutations");
        }
        return slot;
    }

    static Verdict check(List<Mutation> mutations,
            Function<ObjectKey, Optional<StoredObject>> state) {
        List<Optional<StoredObject>> former = new ArrayList<>();
        for (Mutation mutation : mutations) {
            Optional<StoredObject> current = state.apply(mutation.key());
            Optional<WriteResult> refusal = switch (mutation) {
                case Mutation.Create _,Mutation.Gone _ ->
                    current.map(WriteResult.AlreadyExists::new);
                case Mutation.Update update ->
                    versionRefusal(mutation.key(), current, update.expectedVersion());
                case Mutation.Delete delete ->
                    versionRefusal(mutation.key(), current, delete.expectedVersion());
            };
            if (refusal.isPresent()) {
                return new Verdict.Refused(refusal.get());
            }
            former.add(current);
        }
        return new Verdict.Accepted(former);
    }

    private static Optional<WriteResult> versionRefusal(ObjectKey key,
            Optional<StoredObject> current, long expected) {
        if (current.isEmpty()) {
            return Optional.of(new WriteResult.NotFound(key));
        }
        return current.get().version() == expected
                ? Optional.empty()
                : Optional.of(new WriteResult.Conflict(current.get()));
    }

    /** Whether an update leaves the object as it is; then there is nothing to write and no new version. */
    static boolean changesNothing(Draft draft, StoredObject current) {
        byte[] json = current.json();
        int head = draft.head().length;
        int tail = draft.tail().length;
        int digits = Long.toString(current.version()).length();
        return json.length == head + digits + tail
                && Arrays.equals(json, 0, head, draft.head(), 0, head)
                && Arrays.equals(json, head + digits, json.length, draft.tail(), 0, tail);
    }
}
