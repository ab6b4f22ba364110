package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Storage.Checkpoint;
import io.beemesh.machine.registry.Storage.Outcome;
import io.beemesh.machine.registry.Storage.SlotMark;
import io.beemesh.machine.registry.Storage.StateWrite;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Knows what changed since the last checkpoint, and makes the next one when the log has grown. */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private final Storage storage;
    private final Function<ObjectKey, Optional<StoredObject>> states;
    private final long bytesBetween;
    private Set<ObjectKey> changedObjects = new LinkedHashSet<>();
    private Set<Integer> changedSlots = new LinkedHashSet<>();
    private long bytesAtLast;
    private boolean busy;

    /** @param states what is kept under a key */
    Checkpoints(Storage storage, Function<ObjectKey, Optional<StoredObject>> states,
            long bytesBetween) {
        this.storage = storage;
        this.states = states;
        this.bytesBetween = bytesBetween;
    }

    void changed(int slot) {
        changedSlots.add(slot);
    }

    void changed(ObjectKey key) {
        changedObjects.add(key);
    }

    boolean isBusy() {
        return busy;
    }

    /** Begins a checkpoint if the log has grown enough since the last one, and none is under way. */
    void consider(long logBytes, Function<Integer, SlotMark> mark) {
        if (!busy && logBytes - bytesAtLast >= bytesBetween) {
            bytesAtLast = logBytes;
            begin(mark, () -> {
            });
        }
    }

    /** Begins a checkpoint; only while none is under way. */
    void begin(Function<Integer, SlotMark> mark, Runnable done) {
        busy = true;
        List<SlotMark> marks = changedSlots.stream().map(mark).toList();
        List<StateWrite> changed = changedObjects.stream()
                .map(key -> new StateWrite(key, states.apply(key))).toList();
        Set<ObjectKey> takenObjects = changedObjects;
        Set<Integer> takenSlots = changedSlots;
        changedObjects = new LinkedHashSet<>();
        changedSlots = new LinkedHashSet<>();
        storage.checkpoint(new Checkpoint(marks, changed), outcome -> {
            busy = false;
            if (!(outcome instanceof Outcome.Stored)) {
                changedObjects.addAll(takenObjects);
                changedSlots.addAll(takenSlots);
                LOG.warn("Checkpoint failed, will be tried again objects={} outcome={}",
                        takenObjects.size(), outcome);
            }
            done.run();
        });
    }
}
