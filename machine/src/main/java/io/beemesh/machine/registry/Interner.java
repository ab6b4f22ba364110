package io.beemesh.machine.registry;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.HashMap;
import java.util.Map;

/**
 * Shares equal strings between objects. Kinds, namespaces, label keys and most values repeat in
 * thousands of objects, and cost more than the references to them.
 */
final class Interner {
    private static final int STRINGS_MAX = 16_384;
    /** Longer strings are seldom equal. */
    private static final int LENGTH_MAX = 64;

    private final Map<String, String> strings = new HashMap<>();
    private final Map<GroupResource, GroupResource> types = new HashMap<>();

    StoredObject intern(StoredObject object) {
        return new StoredObject(intern(object.key()), object.uid(), object.version(), object.json(),
                intern(object.labels()), intern(object.controllerUid()), intern(object.fields()));
    }

    private ObjectKey intern(ObjectKey key) {
        GroupResource known = types.putIfAbsent(key.type(), key.type());
        return new ObjectKey(known == null ? key.type() : known, intern(key.namespace()),
                key.name());
    }

    private Map<String, String> intern(Map<String, String> map) {
        if (map.isEmpty()) {
            return Map.of();
        }
        Map<String, String> shared = new HashMap<>();
        map.forEach((key, value) -> shared.put(intern(key), intern(value)));
        return Map.copyOf(shared);
    }

    private String intern(String string) {
        if (string.length() > LENGTH_MAX) {
            return string;
        }
        if (strings.size() >= STRINGS_MAX) {
            strings.clear();
        }
        String known = strings.putIfAbsent(string, string);
        return known == null ? string : known;
    }
}
