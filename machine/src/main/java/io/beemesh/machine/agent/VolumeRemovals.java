package io.beemesh.machine.agent;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LocalVolume;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Removes the data of volumes that are being deleted, where this machine has it, and lets them go. On the loop. */
final class VolumeRemovals {
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final AgentParts parts;
    /** As many as there are volumes of this machine on their way out. */
    private final Set<ObjectKey> busy = new HashSet<>();

    VolumeRemovals(AgentParts parts) {
        this.parts = parts;
    }

    void start() {
        parts.registry().peek(GroupResource.PERSISTENT_VOLUMES, "").forEach(this::look);
    }

    void look(StoredObject stored) {
        ApiObject volume = stored.object();
        if (!LocalVolume.waitsForData(volume)
                || !LocalVolume.node(volume).equals(parts.config().nodeName())
                || !busy.add(stored.key())) {
            return;
        }
        boolean keeps = !volume.spec().path("persistentVolumeReclaimPolicy").asText("")
                .equals("Delete");
        CompletableFuture<Void> removed = keeps
                ? CompletableFuture.completedFuture(null)
                : parts.machine().volumes().removeVolume(volume.name());
        removed.whenComplete((_, thrown) -> {
            if (thrown == null) {
                letGo(stored);
            } else {
                parts.warning(volume, "VolumeFailedDelete", RuntimeFailure.of(thrown).text());
                again(stored.key());
            }
        });
    }

    private void letGo(StoredObject stored) {
        ApiObject volume = stored.object();
        volume.metadata().remove("finalizers");
        parts.registry()
                .write(List.of(new Mutation.Delete(Draft.of(stored.key(), volume),
                        stored.version())))
                .whenComplete((result, thrown) -> {
                    if (result instanceof WriteResult.Committed) {
                        busy.remove(stored.key());
                    } else {
                        again(stored.key());
                    }
                });
    }

    private void again(ObjectKey key) {
        parts.loop().schedule(RETRY, () -> {
            busy.remove(key);
            Optional<StoredObject> now = parts.registry().get(key);
            now.ifPresent(this::look);
        });
    }
}
