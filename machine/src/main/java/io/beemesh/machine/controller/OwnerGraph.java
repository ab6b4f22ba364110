package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Who owns whom, by uid; as many entries as objects that have owners. */
final class OwnerGraph {
    private static final byte[] OWNERS = bytes("\"ownerReferences\":[{");
    private static final byte[] DELETING = bytes("\"deletionTimestamp\":\"");
    private static final byte[] ORPHAN = bytes('"' + GracefulDeletion.ORPHAN + '"');
    private static final byte[] FOREGROUND = bytes('"' + GracefulDeletion.FOREGROUND + '"');
    private static final ObjectKey NOBODY = ObjectKey.cluster(new GroupResource("", ""), "");

    private final Kinds kinds;
    private final Map<ObjectKey, List<Reference>> owners = new TreeMap<>();
    private final Map<String, Set<ObjectKey>> dependents = new HashMap<>();

    OwnerGraph(Kinds kinds) {
        this.kinds = kinds;
    }

    /**
     * One owner reference.
     *
     * @param key where the owner is, if it is
     */
    record Reference(String uid, ObjectKey key, boolean blocks) {
        /** True if no such kind of owner is known, so nothing can be said of it. */
        boolean isUnknown() {
            return key.equals(NOBODY);
        }
    }

    /** Remembers the object's owners; true if it has new ones. Does not parse what has none. */
    boolean put(StoredObject object) {
        boolean hasOwners = contains(object.json(), OWNERS);
        List<Reference> before = owners(object.key());
        if (!hasOwners && before.isEmpty()) {
            return false;
        }
        List<Reference> now = hasOwners ? read(object) : List.of();
        if (now.equals(before)) {
            return false;
        }
        remove(object.key());
        if (!now.isEmpty()) {
            owners.put(object.key(), now);
        }
        now.forEach(r -> dependents.computeIfAbsent(r.uid, _ -> new TreeSet<>())
                .add(object.key()));
        return !now.isEmpty();
    }

    private List<Reference> read(StoredObject object) {
        List<Reference> references = new ArrayList<>();
        for (JsonNode owner : object.object().metadata().path("ownerReferences")) {
            Optional<GroupResource> type = kinds.find(owner.path("apiVersion").asText(""),
                    owner.path("kind").asText(""));
            String name = owner.path("name").asText("");
            String namespace = object.key().namespace();
            ObjectKey key = NOBODY;
            if (type.isPresent()) {
                boolean namespaced = kinds.isNamespaced(type.get());
                // A cluster-scoped object cannot be owned by one in a namespace: nothing to judge
                // by.
                key = namespaced && namespace.isEmpty()
                        ? NOBODY
                        : new ObjectKey(type.get(), namespaced ? namespace : "", name);
            }
            references.add(new Reference(owner.path("uid").asText(""), key,
                    owner.path("blockOwnerDeletion").asBoolean(false)));
        }
        return references;
    }

    void remove(ObjectKey key) {
        List<Reference> gone = owners.remove(key);
        if (gone == null) {
            return;
        }
        for (Reference reference : gone) {
            dependents.computeIfPresent(reference.uid, (_, set) -> {
                set.remove(key);
                return set.isEmpty() ? null : set;
            });
        }
    }

    List<Reference> owners(ObjectKey key) {
        return owners.getOrDefault(key, List.of());
    }

    /** In key order. */
    List<ObjectKey> dependents(String uid) {
        return List.copyOf(dependents.getOrDefault(uid, Set.of()));
    }

    /** True if the object's deletion waits for its dependents; without parsing, rarely true too often. */
    static boolean isHeld(StoredObject object) {
        return contains(object.json(), DELETING)
                && (contains(object.json(), ORPHAN) || contains(object.json(), FOREGROUND));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean contains(byte[] json, byte[] part) {
        for (int i = 0; i <= json.length - part.length; i++) {
            int j = 0;
            while (j < part.length && json[i + j] == part[j]) {
                j++;
            }
            if (j == part.length) {
                return true;
            }
        }
        return false;
    }
}
