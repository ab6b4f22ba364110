package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;

/**
 * One change of one object, with what must hold for it to be made. Several, all of one slot, can be
 * committed as one log entry: all or none.
 */
public sealed interface Mutation {
    ObjectKey key();

    /** A new object; refused if the key exists. {@code metadata.resourceVersion} of the draft is ignored. */
    record Create(Draft draft) implements Mutation {
        @Override
        public ObjectKey key() {
            return draft.key();
        }
    }

    /** A new state; refused unless the object is at {@code expectedVersion}. */
    record Update(Draft draft, long expectedVersion) implements Mutation {
        @Override
        public ObjectKey key() {
            return draft.key();
        }
    }

    /**
     * Removes the object; refused unless it is at {@code expectedVersion}.
     *
     * @param draft its final state, which watchers get with the deletion's own resourceVersion
     */
    record Delete(Draft draft, long expectedVersion) implements Mutation {
        @Override
        public ObjectKey key() {
            return draft.key();
        }
    }

    /**
     * Tells watchers once more that an object is gone, because some were told since that it is there; refused
     * if the key exists.
     */
    record Gone(Draft draft) implements Mutation {
        @Override
        public ObjectKey key() {
            return draft.key();
        }
    }
}
