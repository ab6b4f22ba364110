package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.ForwardingRegistry;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Marks of a pod, in a registry whose copy here is behind. */
final class PodMarksTest {
    private final TestSet set = new TestSet(1);
    private Optional<StoredObject> stale = Optional.empty();
    private int writes;

    private final class Behind extends ForwardingRegistry {
        Behind() {
            super(set.registry());
        }

        @Override
        public Optional<StoredObject> get(ObjectKey key) {
            return stale.isPresent() ? stale : super.get(key);
        }

        @Override
        public CompletableFuture<WriteResult> write(List<Mutation> mutations) {
            writes++;
            return super.write(mutations);
        }
    }

    @Test
    void copyThatIsBehind_isWaitedFor_andNotWrittenInHaste() {
        set.pod(0, "10.244.0.1");
        StoredObject before = set.read(GroupResource.PODS, "db-0");
        PodMarks marks = new PodMarks(set.loop(), new Behind(), "default", "db-0", "pod-0");
        set.on(() -> marks.role("leader"));
        assertThat(writes).isEqualTo(1);

        stale = Optional.of(before);
        // Five seconds, with half a second between two writes.
        set.on(() -> marks.role("follower"));
        assertThat(writes).isBetween(5, 14);

        stale = Optional.empty();
        set.on(() -> {
        });
        assertThat(set.read(GroupResource.PODS, "db-0").labels()).containsEntry("beemesh.io/role",
                "follower");
    }
}
