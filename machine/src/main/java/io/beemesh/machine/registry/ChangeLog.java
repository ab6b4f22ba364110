package io.beemesh.machine.registry;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The latest changes, in the order in which they were committed here; older ones are forgotten. */
final class ChangeLog {
    private final int changesMax;
    private final long bytesMax;
    private final ArrayDeque<Change> changes = new ArrayDeque<>();
    private long bytes;
    /** History is complete after this version. */
    private long floor;

    ChangeLog(int changesMax, long bytesMax) {
        this.changesMax = changesMax;
        this.bytesMax = bytesMax;
    }

    /** Nothing is known of changes up to {@code version}. */
    void startAt(long version) {
        floor = Math.max(floor, version);
    }

    void add(Change change) {
        changes.add(change);
        bytes += pinned(change);
        while (changes.size() > changesMax || (bytes > bytesMax && !changes.isEmpty())) {
            Change oldest = changes.remove();
            bytes -= pinned(oldest);
            floor = Math.max(floor, oldest.version());
        }
    }

    /** Bytes that nothing else would hold: the former state, and the last one of a deleted object. */
    private static long pinned(Change change) {
        long former = change.previous().map(p -> p.json().length).orElse(0);
        return change.kind() == Change.Kind.DELETED
                ? former + change.object().json().length
                : former;
    }

    List<Change> after(GroupResource type, String namespace, long version)
            throws VersionExpiredException {
        check(version);
        List<Change> later = new ArrayList<>();
        for (Change change : changes) {
            if (change.version() > version && matches(change, type, namespace)) {
                later.add(change);
            }
        }
        return later;
    }

    /** What {@code now} was at a past version: all later changes undone, the last one first. */
    List<StoredObject> undo(List<StoredObject> now, GroupResource type, String namespace,
            long version) throws VersionExpiredException {
        check(version);
        TreeMap<ObjectKey, StoredObject> objects = new TreeMap<>();
        now.forEach(o -> objects.put(o.key(), o));
        Iterator<Change> latestFirst = changes.descendingIterator();
        while (latestFirst.hasNext()) {
            Change change = latestFirst.next();
            if (change.version() > version && matches(change, type, namespace)) {
                Optional<StoredObject> previous = change.previous();
                if (previous.isPresent()) {
                    objects.put(change.object().key(), previous.get());
                } else {
                    objects.remove(change.object().key());
                }
            }
        }
        return List.copyOf(objects.values());
    }

    private void check(long version) throws VersionExpiredException {
        if (version < floor) {
            throw new VersionExpiredException(version, floor);
        }
    }

    static boolean matches(Change change, GroupResource type, String namespace) {
        ObjectKey key = change.object().key();
        return key.type().equals(type)
                && (namespace.isEmpty() || key.namespace().equals(namespace));
    }
}
