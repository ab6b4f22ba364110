package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.List;

/** How a write ended; only {@link Committed} has changed anything. */
public sealed interface WriteResult {
    /** On disk at a majority of the slot's homes; one state for each mutation, in order. */
    record Committed(List<StoredObject> objects) implements WriteResult {
        public Committed {
            objects = List.copyOf(objects);
        }

        /** The state of the only mutation. */
        public StoredObject object() {
            return objects.getFirst();
        }
    }

    /** A create met an existing object. */
    record AlreadyExists(StoredObject existing) implements WriteResult {}

    /** An update or delete expected another version; read again and retry. */
    record Conflict(StoredObject current) implements WriteResult {}

    /** An update or delete of what does not exist. */
    record NotFound(ObjectKey key) implements WriteResult {}

    /** The namespace or the disk has no room; the reason is a sentence for users. */
    record Full(String reason) implements WriteResult {}

    /** Never on a side of a parted mesh that has no majority; the reason is a sentence for users. */
    record NeedsMajority(String reason) implements WriteResult {}

    /** Not now: whether it was committed is unknown only if {@code maybeCommitted}. */
    record Unavailable(String reason, Duration retryAfter, boolean maybeCommitted)
            implements
                WriteResult {}
}
