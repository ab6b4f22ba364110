package io.beemesh.machine.network;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a group shows of itself on objects: a pod's peer and role, a set's voters. Each is written upon the
 * object's latest state, and again until the object says so or is gone. On the node's loop only.
 */
final class PodMarks {
    /** Annotation of a pod: its sidecar's peer id. */
    static final String PEER = "beemesh.io/peer";

    /** Annotation of a pod whose sidecar hears of no leader: a {@link GroupLog}. */
    static final String GROUP_LOG = "beemesh.io/group-log";

    /** Annotation of a set: the ordinals that vote, as its leader last said. */
    static final String VOTERS = "beemesh.io/voters";

    /** Label of a pod. */
    static final String ROLE = "beemesh.io/role";
    private static final Duration RETRY = Duration.ofMillis(500);

    private final Loop loop;
    private final Registry registry;
    private final ObjectKey pod;
    private final String uid;
    /** By object and place; empty means that it is not there. */
    private final Map<Mark, String> wanted = new HashMap<>();
    private boolean writing;
    private boolean closed;
    private int conflicts;

    private record Mark(ObjectKey key, String uid, String map, String name) {}

    PodMarks(Loop loop, Registry registry, String namespace, String name, String uid) {
        this.loop = loop;
        this.registry = registry;
        this.pod = new ObjectKey(GroupResource.PODS, namespace, name);
        this.uid = uid;
    }

    void peer(String peer) {
        want(new Mark(pod, uid, "annotations", PEER), peer);
    }

    void role(String role) {
        want(new Mark(pod, uid, "labels", ROLE), role);
    }

    /** Empty once there is a leader. */
    void log(String text) {
        want(new Mark(pod, uid, "annotations", GROUP_LOG), text);
    }

    void voters(OwnerSet set, List<Integer> ordinals) {
        want(new Mark(new ObjectKey(GroupResource.STATEFUL_SETS, set.namespace(), set.name()),
                set.uid(), "annotations", VOTERS),
                ordinals.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    void close() {
        closed = true;
    }

    private void want(Mark mark, String value) {
        wanted.put(mark, value);
        write();
    }

    private void write() {
        if (writing || closed || wanted.isEmpty()) {
            return;
        }
        Mark mark = wanted.keySet().iterator().next();
        String value = Objects.requireNonNull(wanted.get(mark));
        Optional<StoredObject> stored = registry.get(mark.key)
                .filter(found -> found.uid().equals(mark.uid));
        if (stored.isEmpty()) {
            wanted.remove(mark);
            write();
            return;
        }
        ApiObject after = stored.get().object().copy();
        String before = after.metadata().path(mark.map).path(mark.name).asText("");
        if (before.equals(value)) {
            wanted.remove(mark);
            write();
            return;
        }
        if (value.isEmpty()) {
            after.metadata().withObjectProperty(mark.map).remove(mark.name);
        } else {
            after.metadata().withObjectProperty(mark.map).put(mark.name, value);
        }
        writing = true;
        registry.write(List.of(
                new Mutation.Update(Draft.of(mark.key, after), stored.get().version())))
                .whenComplete((result, failure) -> {
                    writing = false;
                    conflicts = failure == null && result instanceof WriteResult.Conflict
                            ? conflicts + 1
                            : 0;
                    // After two of them what is known here may be behind for a while.
                    boolean later = failure != null || conflicts > 1
                            || !(result instanceof WriteResult.Committed
                                    || result instanceof WriteResult.Conflict);
                    if (later) {
                        loop.schedule(RETRY, this::write);
                    } else {
                        write();
                    }
                });
    }
}
