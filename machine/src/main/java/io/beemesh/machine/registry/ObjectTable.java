package io.beemesh.machine.registry;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The committed objects of this node, by kind and name and by owner; one writer, the loop. */
final class ObjectTable {
    private static final Comparator<ObjectKey> BY_NAME = Comparator
            .comparing(ObjectKey::namespace).thenComparing(ObjectKey::name);

    private final Map<GroupResource, ConcurrentNavigableMap<ObjectKey, StoredObject>> kinds = new ConcurrentHashMap<>();
    /** Keys in order by the uid of their controller; only the loop reads it. */
    private final Map<String, NavigableSet<ObjectKey>> owned = new HashMap<>();
    private final NamespaceUsage usage;

    ObjectTable(NamespaceUsage usage) {
        this.usage = usage;
    }

    /** What namespaces hold; kept up to date by this table. */
    NamespaceUsage usage() {
        return usage;
    }

    /** From any thread. */
    Optional<StoredObject> get(ObjectKey key) {
        var objects = kinds.get(key.type());
        return objects == null ? Optional.empty() : Optional.ofNullable(objects.get(key));
    }

    /** In key order; one version only on the loop. */
    List<StoredObject> list(GroupResource type, String namespace) {
        return List.copyOf(view(type, namespace));
    }

    private Collection<StoredObject> view(GroupResource type, String namespace) {
        NavigableMap<ObjectKey, StoredObject> objects = kinds.get(type);
        if (objects == null) {
            return List.of();
        }
        if (namespace.isEmpty()) {
            return objects.values();
        }
        return objects.subMap(new ObjectKey(type, namespace, ""), true,
                new ObjectKey(type, namespace + '\0', ""), false).values();
    }

    /** All objects of a slot, by kind, namespace and name. */
    List<StoredObject> ofSlot(int slot) {
        List<StoredObject> found = new ArrayList<>();
        for (GroupResource type : new TreeSet<>(kinds.keySet())) {
            ConcurrentNavigableMap<ObjectKey, StoredObject> objects = kinds.computeIfAbsent(type,
                    t -> new ConcurrentSkipListMap<>(BY_NAME));
            ObjectKey key = objects.isEmpty() ? null : objects.firstKey();
            while (key != null) {
                if (key.namespace().isEmpty()) {
                    if (SlotMap.of(key) == slot) {
                        found.add(objects.get(key));
                    }
                    key = objects.higherKey(key);
                } else {
                    if (SlotMap.ofNamespace(key.namespace()) == slot) {
                        found.addAll(view(type, key.namespace()));
                    }
                    key = objects.ceilingKey(new ObjectKey(type, key.namespace() + '\0', ""));
                }
            }
        }
        return found;
    }

    List<StoredObject> ownedBy(GroupResource type, String namespace, String controllerUid) {
        List<StoredObject> objects = new ArrayList<>();
        NavigableSet<ObjectKey> keys = owned.get(controllerUid);
        if (keys != null) {
            for (ObjectKey key : keys.tailSet(new ObjectKey(type, namespace, ""))) {
                if (!key.type().equals(type)
                        || (!namespace.isEmpty() && !key.namespace().equals(namespace))) {
                    break;
                }
                get(key).ifPresent(objects::add);
            }
        }
        return objects;
    }

    /** Returns what was there before. */
    Optional<StoredObject> put(StoredObject object) {
        Optional<StoredObject> previous = Optional.ofNullable(kinds
                .computeIfAbsent(object.key().type(), t -> new ConcurrentSkipListMap<>(BY_NAME))
                .put(object.key(), object));
        if (!previous.map(StoredObject::controllerUid).orElse("").equals(object.controllerUid())) {
            previous.ifPresent(this::disown);
            if (!object.controllerUid().isEmpty()) {
                owned.computeIfAbsent(object.controllerUid(), u -> new TreeSet<>())
                        .add(object.key());
            }
        }
        usage.add(object.key().namespace(), previous.isPresent() ? 0 : 1, object.json().length
                - previous.map(p -> (long) p.json().length).orElse(0L));
        return previous;
    }

    /** Returns what was there before. */
    Optional<StoredObject> remove(ObjectKey key) {
        var objects = kinds.get(key.type());
        Optional<StoredObject> previous = objects == null
                ? Optional.empty()
                : Optional.ofNullable(objects.remove(key));
        previous.ifPresent(this::disown);
        previous.ifPresent(p -> usage.add(key.namespace(), -1, -p.json().length));
        return previous;
    }

    /**
     * Makes a change that is committed; as watchers see it. An object in place of another of its name comes
     * after the deletion of that one.
     */
    List<Change> apply(LogEntry.Effect effect) {
        StoredObject object = effect.object();
        if (effect.deleted()) {
            return List.of(new Change(Change.Kind.DELETED, object, remove(object.key())));
        }
        Optional<StoredObject> previous = put(object);
        if (previous.isEmpty()) {
            return List.of(new Change(Change.Kind.ADDED, object, previous));
        }
        return previous.get().uid().equals(object.uid())
                ? List.of(new Change(Change.Kind.MODIFIED, object, previous))
                : List.of(
                        new Change(Change.Kind.DELETED, last(previous.get(), object.version() - 1),
                                previous),
                        new Change(Change.Kind.ADDED, object, Optional.empty()));
    }

    /** The final state of an object that went without one. */
    static StoredObject last(StoredObject object, long version) {
        return Draft.of(object.key(), object.object()).at(version);
    }

    /**
     * Shows what the log says of an object instead of what a fork did.
     *
     * @param version above those of the fork
     */
    List<Change> reveal(ObjectKey key, Optional<StoredObject> state, long version) {
        Optional<StoredObject> shown = get(key);
        if (state.isPresent()) {
            return shown.filter(s -> s.version() == state.get().version()).isPresent()
                    ? List.of()
                    : apply(new LogEntry.Effect(false, state.get()));
        }
        return shown.map(s -> apply(new LogEntry.Effect(true, last(s, version))))
                .orElse(List.of());
    }

    private void disown(StoredObject object) {
        NavigableSet<ObjectKey> keys = owned.get(object.controllerUid());
        if (keys != null) {
            keys.remove(object.key());
            if (keys.isEmpty()) {
                owned.remove(object.controllerUid());
            }
        }
    }
}
