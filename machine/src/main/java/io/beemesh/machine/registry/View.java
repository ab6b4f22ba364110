package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * What this node shows: its objects, their history for watches, and the highest version seen. On the loop
 * only, but for {@link #version} and reads of the objects.
 */
final class View {
    private final ObjectTable objects;
    private final ChangeLog changes;
    private final Watches watches;
    private final Awaiting awaiting;
    private volatile long version;

    View(Loop loop, RegistryConfig config) {
        this.objects = new ObjectTable(
                new NamespaceUsage(config.namespaceObjectsMax(), config.namespaceBytesMax()));
        this.changes = new ChangeLog(config.changesMax(), config.changeBytesMax());
        this.watches = new Watches(loop, config.progressInterval(), this::version);
        this.awaiting = new Awaiting(loop);
    }

    ObjectTable objects() {
        return objects;
    }

    /** Any thread. */
    long version() {
        return version;
    }

    /** A version was seen. */
    void reach(long seen) {
        version = Math.max(version, seen);
    }

    CompletableFuture<Boolean> await(long wanted, Duration limit) {
        return awaiting.await(wanted, limit);
    }

    /** Nothing is known of changes up to the present version: who asks for them lists anew. */
    void beginHistory() {
        changes.startAt(version);
    }

    /** The same, also for who was told the present version. */
    void forgetHistory(HybridClock clock) {
        version = HybridClock.attached(version + 1);
        clock.observe(version);
        changes.startAt(version);
    }

    /** Changes were made to the objects. */
    void tell(List<Change> news) {
        news.forEach(changes::add);
        if (!news.isEmpty()) {
            watches.deliver(List.copyOf(news));
        }
        awaiting.reached(version);
    }

    /** What was there at a past version. */
    List<StoredObject> at(GroupResource type, String namespace, long past)
            throws VersionExpiredException {
        return changes.undo(objects.list(type, namespace), type, namespace, past);
    }

    /**
     * What is there now.
     *
     * @param reached a version that all later writes are above
     * @param slot of the only namespace that is asked for
     */
    Registry.Snapshot snapshot(GroupResource type, String namespace, long reached,
            Optional<Slot> slot) {
        List<StoredObject> now = objects.list(type, namespace);
        if (slot.isPresent()) {
            // Later writes of the slot are above its own version too.
            return new Registry.Snapshot(Math.max(reached, slot.get().version()), now);
        }
        try {
            return new Registry.Snapshot(reached, at(type, namespace, reached));
        } catch (VersionExpiredException e) {
            return new Registry.Snapshot(reached, now);
        }
    }

    Registry.Watch watch(GroupResource type, String namespace, long from, WatchListener listener)
            throws VersionExpiredException {
        List<Change> missed = changes.after(type, namespace, from);
        return watches.subscribe(type, namespace, from, listener, missed);
    }

    void follow(WatchListener listener) {
        watches.follow(listener);
    }

    /** Ends the watches of some namespaces; those of all namespaces are named by an empty string. */
    void close(Predicate<String> namespaces, String reason) {
        watches.close(namespaces, reason);
    }
}
