package io.beemesh.machine.registry;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A client that lists and watches one namespace, goes on at any node from the last version it was told, and
 * lists anew when told that this is too old. Once all is quiet it must have what is there.
 */
final class ForkWatch implements WatchListener {
    private final String namespace;
    private final Consumer<Throwable> failed;
    private final Map<ObjectKey, StoredObject> objects = new TreeMap<>();
    /** The highest version of each object since the last list. */
    private final Map<ObjectKey, Long> reached = new HashMap<>();
    private Optional<Registry.Watch> watch = Optional.empty();
    private MeshNode node;
    private int life;
    /** Events of an older watch are none of ours. */
    private int generation;
    private long version;
    private boolean listed;
    int lists;
    int resumes;
    /** How often it was told 410. */
    int expired;

    ForkWatch(MeshNode node, String namespace, Consumer<Throwable> failed) {
        this.node = node;
        this.namespace = namespace;
        this.failed = failed;
    }

    boolean isOpen() {
        return watch.isPresent() && node.isUp() && node.life == life;
    }

    /** Goes on at a node. */
    void connect(MeshNode next) {
        watch.ifPresent(Registry.Watch::close);
        watch = Optional.empty();
        node = next;
        life = next.life;
        int mine = ++generation;
        next.host().loop().execute(() -> {
            if (listed) {
                resume(mine);
            } else {
                list(mine);
            }
        });
    }

    private void list(int mine) {
        node.registry().list(GroupResource.CONFIG_MAPS, namespace).thenAccept(snapshot -> {
            if (mine != generation) {
                return;
            }
            lists++;
            listed = true;
            objects.clear();
            reached.clear();
            snapshot.objects().forEach(o -> objects.put(o.key(), o));
            snapshot.objects().forEach(o -> reached.put(o.key(), o.version()));
            version = snapshot.version();
            resume(mine);
        });
    }

    private void resume(int mine) {
        node.registry().watch(GroupResource.CONFIG_MAPS, namespace, version, new WatchListener() {
            @Override
            public void onChanges(List<Change> changes) {
                if (mine == generation) {
                    ForkWatch.this.onChanges(changes);
                }
            }

            @Override
            public void onProgress(long reachedVersion) {
                // Bookmarks are of the whole node.
            }

            @Override
            public void onClosed(String reason) {
                if (mine == generation) {
                    watch = Optional.empty();
                }
            }
        }).whenComplete((open, failure) -> {
            if (mine != generation) {
                return;
            }
            if (failure == null) {
                resumes++;
                watch = Optional.of(open);
            } else {
                expired++;
                listed = false;
            }
        });
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            ObjectKey key = change.object().key();
            Long before = reached.put(key, change.version());
            if (before != null && before > change.version()) {
                failed.accept(new AssertionError("watch of " + key + " goes from " + before
                        + " to " + change.version()));
            }
            version = change.version();
            if (change.kind() == Change.Kind.DELETED) {
                objects.remove(key);
            } else {
                objects.put(key, change.object());
            }
        }
    }

    @Override
    public void onProgress(long reachedVersion) {
        // As above.
    }

    @Override
    public void onClosed(String reason) {
        // As above.
    }

    void checkEnd(List<StoredObject> last) {
        if (!isOpen()) {
            return;
        }
        Map<ObjectKey, Long> there = new TreeMap<>();
        last.stream().filter(o -> o.key().type().equals(GroupResource.CONFIG_MAPS)
                && o.key().namespace().equals(namespace))
                .forEach(o -> there.put(o.key(), o.version()));
        Map<ObjectKey, Long> here = new TreeMap<>();
        objects.forEach((k, o) -> here.put(k, o.version()));
        if (!here.equals(there)) {
            throw new AssertionError("a watch has " + here + " where " + there + " is");
        }
    }
}
