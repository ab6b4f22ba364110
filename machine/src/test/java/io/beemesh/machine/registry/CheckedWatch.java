package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A watch that checks what it is told: versions rise, and each change fits to the one before it. */
final class CheckedWatch implements WatchListener {
    private final long from;
    private final List<Long> versions = new ArrayList<>();
    private final Map<ObjectKey, Optional<StoredObject>> states = new HashMap<>();
    private long reached;

    CheckedWatch(long from) {
        this.from = from;
        this.reached = from;
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            assertThat(change.version()).isGreaterThan(reached);
            reached = change.version();
            versions.add(reached);
            Optional<StoredObject> before = states.get(change.object().key());
            if (before != null) {
                assertThat(change.previous()).isEqualTo(before);
            }
            assertThat(change.kind() == Change.Kind.ADDED).isEqualTo(change.previous().isEmpty());
            states.put(change.object().key(), change.kind() == Change.Kind.DELETED
                    ? Optional.empty()
                    : Optional.of(change.object()));
        }
    }

    @Override
    public void onProgress(long version) {
        assertThat(version).isGreaterThanOrEqualTo(reached);
        reached = version;
    }

    @Override
    public void onClosed(String reason) {}

    /** Nothing that was acknowledged in between is missing. */
    void check(WriteHistory history) {
        assertThat(versions).containsAll(history.versionsBetween(from, reached));
    }
}
