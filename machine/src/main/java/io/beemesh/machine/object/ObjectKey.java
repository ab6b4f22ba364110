package io.beemesh.machine.object;

import java.util.Comparator;

/**
 * Names one object of the mesh.
 *
 * @param namespace empty for cluster-scoped objects
 */
public record ObjectKey(GroupResource type, String namespace, String name)
        implements
            Comparable<ObjectKey> {
    private static final Comparator<ObjectKey> ORDER = Comparator.comparing(ObjectKey::type)
            .thenComparing(ObjectKey::namespace).thenComparing(ObjectKey::name);

    /** The key of a cluster-scoped object. */
    public static ObjectKey cluster(GroupResource type, String name) {
        return new ObjectKey(type, "", name);
    }

    @Override
    public int compareTo(ObjectKey other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return type + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
    }
}
