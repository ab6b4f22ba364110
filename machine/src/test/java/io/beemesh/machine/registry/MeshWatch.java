package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A list and the watch that goes on from it, as a client keeps them: no object goes back, none is missed. */
final class MeshWatch implements WatchListener {
    private final MeshNode node;
    private final int life;
    private final String namespace;
    private final Map<ObjectKey, StoredObject> objects = new TreeMap<>();
    private final Map<ObjectKey, Long> reached = new TreeMap<>();
    private boolean closed;

    MeshWatch(MeshNode node, int life, String namespace) {
        this.node = node;
        this.life = life;
        this.namespace = namespace;
    }

    void begin(Registry.Snapshot snapshot) {
        for (StoredObject object : snapshot.objects()) {
            objects.put(object.key(), object);
            reached.put(object.key(), object.version());
        }
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            ObjectKey key = change.object().key();
            Long before = reached.put(key, change.version());
            if (before != null && before >= change.version()) {
                throw new AssertionError("watch of " + key + " goes from " + before + " to "
                        + change.version());
            }
            if (change.kind() == Change.Kind.DELETED) {
                objects.remove(key);
            } else {
                objects.put(key, change.object());
            }
        }
    }

    @Override
    public void onProgress(long version) {
        // Only of use to who resumes.
    }

    @Override
    public void onClosed(String reason) {
        closed = true;
    }

    /** After all is quiet, a watch that is still open shows what is there. */
    void checkEnd(Map<ObjectKey, Optional<StoredObject>> last) {
        if (closed || node.life != life) {
            return;
        }
        last.forEach((key, state) -> {
            if (key.namespace().equals(namespace)
                    && !Optional.ofNullable(objects.get(key)).map(StoredObject::version)
                            .equals(state.map(StoredObject::version))) {
                throw new AssertionError("a watch has " + objects.get(key) + " where " + state
                        + " is");
            }
        });
    }
}
