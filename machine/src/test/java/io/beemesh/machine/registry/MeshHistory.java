package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What clients of several nodes asked and were told, checked per object against what one register would
 * have said. As versions rise with each change of an object, the order is known: an operation that began
 * after another ended must see its version or a later one; a write must follow directly upon the version
 * that it expected; one version has one state.
 */
final class MeshHistory {
    /** A read or write under way. */
    static final class Operation {
        private final ObjectKey key;
        private final Optional<Mutation> mutation;
        private final long floor;
        private final int begin;

        private Operation(ObjectKey key, Optional<Mutation> mutation, long floor, int begin) {
            this.key = key;
            this.mutation = mutation;
            this.floor = floor;
            this.begin = begin;
        }
    }

    private static final class Register {
        private final TreeMap<Long, String> states = new TreeMap<>();
        /** For each version that is known to follow directly upon another, that other. */
        private final TreeMap<Long, Long> parents = new TreeMap<>();
        /** Deletions of which nobody knows whether they were made: what they are of, by when they began. */
        private final Map<Integer, Long> possibleDeletions = new HashMap<>();
        private long floor;
        private boolean floorDeleted = true;
    }

    private static final String DELETED = "(deleted)";

    private final Map<ObjectKey, Register> registers = new HashMap<>();
    private final Map<String, Integer> begun = new HashMap<>();
    private final Map<String, String> refused = new HashMap<>();
    private int clock;
    int committed;
    int unknown;
    int refusals;
    int reads;

    Operation beginRead(ObjectKey key) {
        return new Operation(key, Optional.empty(), register(key).floor, clock++);
    }

    Operation beginWrite(Mutation mutation) {
        Register register = register(mutation.key());
        Operation operation = new Operation(mutation.key(), Optional.of(mutation), register.floor,
                clock++);
        if (mutation instanceof Mutation.Delete delete) {
            register.possibleDeletions.put(operation.begin, delete.expectedVersion());
        } else {
            begun.put(valueOf(mutation), operation.begin);
        }
        return operation;
    }

    private Register register(ObjectKey key) {
        return registers.computeIfAbsent(key, k -> new Register());
    }

    private static String valueOf(Mutation mutation) {
        return switch (mutation) {
            case Mutation.Create create -> TestObjects.value(create.draft().at(1));
            case Mutation.Update update -> TestObjects.value(update.draft().at(1));
            case Mutation.Delete _,Mutation.Gone _ -> DELETED;
        };
    }

    void endRead(Operation operation, Optional<StoredObject> state) {
        reads++;
        clock++;
        saw(operation, state);
    }

    void endWrite(Operation operation, WriteResult result) {
        clock++;
        switch (result) {
            case WriteResult.Committed done -> committed(operation, done.object());
            case WriteResult.AlreadyExists(StoredObject existing) -> {
                refused(operation, result);
                saw(operation, Optional.of(existing));
            }
            case WriteResult.Conflict(StoredObject current) -> {
                refused(operation, result);
                saw(operation, Optional.of(current));
            }
            case WriteResult.NotFound _ -> {
                refused(operation, result);
                saw(operation, Optional.empty());
            }
            case WriteResult.Full _,WriteResult.NeedsMajority _ -> refused(operation, result);
            case WriteResult.Unavailable(_, _, boolean maybe) -> {
                if (maybe) {
                    unknown++;
                } else {
                    refused(operation, result);
                }
            }
        }
    }

    private void refused(Operation operation, WriteResult result) {
        refusals++;
        Mutation mutation = operation.mutation.orElseThrow();
        if (mutation instanceof Mutation.Delete) {
            register(operation.key).possibleDeletions.remove(operation.begin);
        } else {
            refused.put(valueOf(mutation), result.toString());
        }
    }

    private void committed(Operation operation, StoredObject object) {
        committed++;
        Mutation mutation = operation.mutation.orElseThrow();
        Register register = register(operation.key);
        boolean deleted = mutation instanceof Mutation.Delete;
        register.possibleDeletions.remove(operation.begin);
        know(operation.key, object.version(), deleted ? DELETED : TestObjects.value(object));
        check(object.version() > operation.floor, operation,
                "wrote version " + object.version() + " below " + operation.floor);
        switch (mutation) {
            case Mutation.Create _,Mutation.Gone _ -> {
                // Nothing is known of what it followed upon, but that it was absent.
            }
            case Mutation.Update update -> follows(operation, object.version(),
                    update.expectedVersion());
            case Mutation.Delete delete -> follows(operation, object.version(),
                    delete.expectedVersion());
        }
        raise(register, object.version(), deleted);
    }

    private void follows(Operation operation, long version, long expected) {
        check(expected >= operation.floor, operation, "was made upon version " + expected
                + ", but " + operation.floor + " was known before it began");
        register(operation.key).parents.put(version, expected);
    }

    private void saw(Operation operation, Optional<StoredObject> state) {
        Register register = register(operation.key);
        if (state.isPresent()) {
            StoredObject object = state.get();
            know(operation.key, object.version(), TestObjects.value(object));
            check(object.version() >= operation.floor, operation, "saw version "
                    + object.version() + ", but " + operation.floor + " was known before");
            raise(register, object.version(), false);
            return;
        }
        boolean deleted = operation.floor == 0
                || DELETED.equals(register.states.get(operation.floor))
                || register.states.tailMap(operation.floor).containsValue(DELETED)
                || mayBeDeleted(register, operation.floor);
        check(deleted, operation, "saw nothing, but " + operation.floor
                + " was known before and nobody deleted it");
    }

    /** Whether a deletion of a version, or of a later one, may have been made. */
    private static boolean mayBeDeleted(Register register, long version) {
        return register.possibleDeletions.values().stream().anyMatch(of -> of >= version);
    }

    private void raise(Register register, long version, boolean deleted) {
        if (version > register.floor) {
            register.floor = version;
            register.floorDeleted = deleted;
        }
    }

    private void know(ObjectKey key, long version, String value) {
        if (refused.containsKey(value)) {
            throw new AssertionError(key + " is " + value + ", whose write was refused: "
                    + refused.get(value));
        }
        if (!value.equals(DELETED) && !begun.containsKey(value)) {
            throw new AssertionError(key + " is " + value + ", which nobody wrote");
        }
        String before = register(key).states.putIfAbsent(version, value);
        if (before != null && !before.equals(value)) {
            throw new AssertionError(
                    key + " version " + version + " is " + before + " and " + value);
        }
    }

    private static void check(boolean holds, Operation operation, String what) {
        if (!holds) {
            throw new AssertionError(operation.key + ": "
                    + operation.mutation.map(MeshHistory::valueOf).orElse("a read") + " " + what);
        }
    }

    /** At the end, when all is quiet: nothing came between a write and what it followed upon. */
    void checkEnd(Map<ObjectKey, Optional<StoredObject>> last) {
        registers.forEach((key, register) -> {
            register.parents.forEach((version, parent) -> {
                Long between = register.states.lowerKey(version);
                if (between != null && between > parent) {
                    throw new AssertionError(key + ": " + between + " ("
                            + register.states.get(between) + ") lies between " + version
                            + " and " + parent + ", upon which it was made");
                }
            });
            Optional<StoredObject> state = last.getOrDefault(key, Optional.empty());
            if (state.isPresent()) {
                know(key, state.get().version(), TestObjects.value(state.get()));
                if (state.get().version() < register.floor) {
                    throw new AssertionError(key + " ends at " + state.get().version()
                            + ", but " + register.floor + " was acknowledged");
                }
            } else if (!register.floorDeleted && !mayBeDeleted(register, register.floor)) {
                throw new AssertionError(
                        key + " is gone, but " + register.floor + " was acknowledged");
            }
        });
    }
}
