package io.beemesh.apiserver.admission;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The LimitRanges of each namespace: they complete and refuse new pods and claims. The loop follows them,
 * any thread asks.
 */
final class LimitRanges implements WatchListener {
    private final Registry registry;
    /** By namespace and name; as many as there are LimitRanges. */
    private final Map<String, Map<String, LimitRange>> ranges = new ConcurrentHashMap<>();

    LimitRanges(Registry registry) {
        this.registry = registry;
    }

    /** Follows what there is; on the loop. */
    void start() {
        registry.follow(this);
        registry.peek(GroupResource.LIMIT_RANGES, "").forEach(this::add);
    }

    /** Completes a new pod; returns why nobody may make it, or nothing. */
    String applyToPod(ApiObject pod) {
        List<LimitRange> all = of(pod.namespace());
        all.forEach(range -> range.complete(pod));
        List<String> broken = new ArrayList<>();
        all.forEach(range -> broken.addAll(range.checkPod(pod)));
        return text(broken);
    }

    /** Returns why nobody may have this claim, or nothing. */
    String checkClaim(ApiObject claim) {
        List<String> broken = new ArrayList<>();
        of(claim.namespace()).forEach(range -> broken.addAll(range.checkClaim(claim)));
        return text(broken);
    }

    private List<LimitRange> of(String namespace) {
        return List.copyOf(ranges.getOrDefault(namespace, Map.of()).values());
    }

    private static String text(List<String> broken) {
        List<String> distinct = broken.stream().distinct().toList();
        return distinct.size() < 2
                ? String.join("", distinct)
                : "[" + String.join(", ", distinct) + "]";
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            ObjectKey key = change.object().key();
            if (!key.type().equals(GroupResource.LIMIT_RANGES)) {
                continue;
            }
            if (change.kind() == Change.Kind.DELETED) {
                ranges.computeIfPresent(key.namespace(), (namespace, own) -> {
                    own.remove(key.name());
                    return own.isEmpty() ? null : own;
                });
            } else {
                add(change.object());
            }
        }
    }

    private void add(StoredObject range) {
        ranges.computeIfAbsent(range.key().namespace(), n -> new ConcurrentSkipListMap<>())
                .put(range.key().name(), LimitRange.of(range.object()));
    }

    @Override
    public void onProgress(long version) {
        // Only changes matter.
    }

    @Override
    public void onClosed(String reason) {
        // The node is shutting down; what is known stays true.
    }
}
