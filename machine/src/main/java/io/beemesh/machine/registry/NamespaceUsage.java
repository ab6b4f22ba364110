package io.beemesh.machine.registry;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What each namespace holds, with what is about to be committed; says when one is full. */
final class NamespaceUsage {
    private final int objectsMax;
    private final long bytesMax;
    private final Map<String, Usage> namespaces = new HashMap<>();

    private record Usage(int objects, long bytes) {}

    NamespaceUsage(int objectsMax, long bytesMax) {
        this.objectsMax = objectsMax;
        this.bytesMax = bytesMax;
    }

    /** Why the namespace cannot take that much more, as a sentence for users; empty if it can. */
    Optional<String> refusal(String namespace, int objects, long bytes) {
        Usage usage = namespaces.getOrDefault(namespace, new Usage(0, 0));
        if (namespace.isEmpty()) {
            return Optional.empty();
        }
        if (objects > 0 && usage.objects + objects > objectsMax) {
            return Optional.of("namespace " + namespace + " holds " + usage.objects
                    + " objects, the limit is " + objectsMax + "; delete some first");
        }
        if (bytes > 0 && usage.bytes + bytes > bytesMax) {
            return Optional.of("namespace " + namespace + " holds " + usage.bytes
                    + " bytes, the limit is " + bytesMax + "; delete some objects first");
        }
        return Optional.empty();
    }

    /** Counts objects that come, or go if negative. */
    void add(String namespace, int objects, long bytes) {
        namespaces.merge(namespace, new Usage(objects, bytes), (a, b) -> {
            Usage sum = new Usage(a.objects + b.objects, a.bytes + b.bytes);
            return sum.objects == 0 ? null : sum;
        });
    }
}
