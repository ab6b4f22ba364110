package io.beemesh.machine.registry;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.io.Serial;
import java.util.function.Function;

/**
 * What an object that a controller makes goes through before it is written: the same defaults,
 * admission and validation as an object that a user makes. Pure, fast, callable from the loop.
 */
public interface Admission {
    /**
     * Completes {@code object} in place: uid, creationTimestamp, generation and name (from {@code
     * generateName}) unless set, defaults, service account and the like.
     */
    void prepareCreate(GroupResource type, ApiObject object) throws RejectedException;

    /**
     * Records in {@code managedFields} of {@code next} that controllers wrote what differs from {@code
     * before}, which is an empty object if there was none.
     */
    default void manage(GroupResource type, ApiObject before, ApiObject next) {
        // Who keeps no record of writers has nothing to do.
    }

    /**
     * Counts a completed object in what its namespace may use.
     *
     * @param editor gives the tree of an object that is committed with it
     * @throws RejectedException if it does not fit
     */
    default void charge(GroupResource type, ApiObject object,
            Function<StoredObject, ApiObject> editor) throws RejectedException {
        // Nothing is counted.
    }

    /** The object breaks a rule; the message is Kubernetes' own. */
    final class RejectedException extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        public RejectedException(String message) {
            super(message);
        }
    }
}
