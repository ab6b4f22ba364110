package io.beemesh.machine.registry;

import java.util.Optional;

/**
 * One committed change, as watchers see it.
 *
 * @param object the state after it; of a deletion the final state, whose version is the deletion's
 * @param previous the state before it; empty for an added object
 */
public record Change(Kind kind, StoredObject object, Optional<StoredObject> previous) {
    /** As in watch events. */
    public enum Kind {
        ADDED, MODIFIED, DELETED
    }

    public long version() {
        return object.version();
    }
}
