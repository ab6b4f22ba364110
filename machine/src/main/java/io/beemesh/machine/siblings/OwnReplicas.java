package io.beemesh.machine.siblings;

import io.beemesh.protocol.siblings.Presence;
import io.beemesh.protocol.siblings.Presence.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The replicas of one owner on this machine, and whether each has its sidecar. */
final class OwnReplicas {
    private final Runnable changed;
    /** By index: of two incarnations at a time, as when one drains, the newer is what counts. */
    private final TreeMap<Integer, TreeMap<Long, Boolean>> missing = new TreeMap<>();

    OwnReplicas(Runnable changed) {
        this.changed = changed;
    }

    void put(int index, long incarnation, boolean isMissing) {
        Boolean before = missing.computeIfAbsent(index, i -> new TreeMap<>()).put(incarnation,
                isMissing);
        if (before == null || before != isMissing) {
            changed.run();
        }
    }

    void remove(int index, long incarnation) {
        TreeMap<Long, Boolean> at = missing.get(index);
        if (at != null && at.remove(incarnation) != null) {
            if (at.isEmpty()) {
                missing.remove(index);
            }
            changed.run();
        }
    }

    boolean isEmpty() {
        return missing.isEmpty();
    }

    /** At most as many as fit into a message. */
    List<Replica> list() {
        List<Replica> all = new ArrayList<>();
        missing.forEach((index, at) -> {
            if (all.size() < Presence.REPLICAS_MAX) {
                all.add(new Replica(index, at.lastKey(), at.lastEntry().getValue()));
            }
        });
        return all;
    }
}
