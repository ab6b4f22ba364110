package io.beemesh.machine.agent;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Writes a pod's status, one write at a time, always the newest; and deletes the pod at its end.
 *
 * <p>Every write is made upon the object's latest state of the same uid, and repeated until it is
 * committed or the object is gone.
 */
final class PodStatusWriter {
    private static final Duration RETRY = Duration.ofMillis(500);

    private final AgentParts parts;
    private final ObjectKey key;
    private final String uid;
    private final UnaryOperator<ApiObject> next;
    private final Runnable onWritten;
    private boolean writing;
    private boolean dirty;
    private boolean deleting;
    private boolean closed;

    /**
     * @param next the pod with the status that it should have, made from its latest state
     * @param onWritten called when the registry agrees with {@code next}
     */
    PodStatusWriter(AgentParts parts, ObjectKey key, String uid, UnaryOperator<ApiObject> next,
            Runnable onWritten) {
        this.parts = parts;
        this.key = key;
        this.uid = uid;
        this.next = next;
        this.onWritten = onWritten;
    }

    /** The status may have changed. */
    void touch() {
        dirty = true;
        write();
    }

    /** Deletes the pod, which has ended: at once, or by whoever removes its last finalizer. */
    void delete() {
        deleting = true;
        touch();
    }

    /** No write is begun after this. */
    void close() {
        closed = true;
    }

    private void write() {
        if (writing || closed || !dirty) {
            return;
        }
        dirty = false;
        Optional<StoredObject> stored = parts.registry().get(key);
        if (stored.isEmpty() || !stored.get().uid().equals(uid)) {
            return;
        }
        ApiObject before = stored.get().object();
        ApiObject after = next.apply(before.copy());
        long version = stored.get().version();
        boolean last = deleting && before.metadata().path("finalizers").isEmpty();
        if (deleting) {
            after.metadata().put("deletionGracePeriodSeconds", 0);
        }
        if (!last && same(before, after)) {
            onWritten.run();
            return;
        }
        Draft draft = Draft.of(key, after);
        writing = true;
        parts.registry().write(List.of(last
                ? new Mutation.Delete(draft, version)
                : new Mutation.Update(draft, version))).whenComplete((result, thrown) -> {
                    writing = false;
                    if (thrown != null) {
                        retry();
                    } else {
                        onResult(result);
                    }
                });
    }

    private void onResult(WriteResult result) {
        switch (result) {
            case WriteResult.Committed _ -> {
                if (!dirty) {
                    onWritten.run();
                }
                write();
            }
            case WriteResult.Conflict _ -> touch();
            case WriteResult.AlreadyExists _,WriteResult.NotFound _ -> {
                // Gone, or another pod by now: its deletion reaches the agent as a change.
            }
            case WriteResult.Full _,WriteResult.Unavailable _,WriteResult.NeedsMajority _ ->
                retry();
        }
    }

    private void retry() {
        if (!closed) {
            parts.loop().schedule(RETRY, this::touch);
        }
    }

    private static boolean same(ApiObject before, ApiObject after) {
        // Written and read once, so that numbers of different width compare as what they are.
        return Json.parseOwn(Json.write(after.tree())).equals(before.tree());
    }
}
