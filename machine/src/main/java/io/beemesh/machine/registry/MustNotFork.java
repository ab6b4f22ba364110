package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What may be decided only once in the whole mesh, so that a side without a majority must leave it: who holds
 * a Lease, which volume belongs to which claim, and where the group of a StatefulSet begins.
 */
final class MustNotFork {
    /** In the names of what {@code service.GroupRecords} makes. */
    private static final String GROUP_RECORD = ".group-";

    private MustNotFork() {}

    /**
     * Why a write cannot be made on a fork; empty if it can.
     *
     * @param state what the write would meet
     */
    static Optional<String> refusal(List<Mutation> mutations,
            Function<ObjectKey, Optional<StoredObject>> state) {
        for (Mutation mutation : mutations) {
            ObjectKey key = mutation.key();
            if (key.type().equals(GroupResource.LEASES)) {
                return Optional.of("a Lease can only be held by one in the whole mesh");
            }
            if (key.type().equals(GroupResource.CLAIMS) && key.name().contains(GROUP_RECORD)) {
                return Optional.of("a StatefulSet's group can only begin once in the whole mesh");
            }
            if (key.type().equals(GroupResource.PERSISTENT_VOLUMES)
                    && changes(mutation, state.apply(key), "claimRef")) {
                return Optional.of("a PersistentVolume can only be bound once in the whole mesh");
            }
            if (key.type().equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)
                    && changes(mutation, state.apply(key), "volumeName")) {
                return Optional.of(
                        "a PersistentVolumeClaim can only be bound once in the whole mesh");
            }
        }
        return Optional.empty();
    }

    private static boolean changes(Mutation mutation, Optional<StoredObject> former,
            String field) {
        JsonNode before = former.map(f -> f.object().tree().path("spec").path(field))
                .orElseGet(() -> Json.object().path(field));
        return switch (mutation) {
            case Mutation.Create create -> !spec(create.draft(), field).equals(before);
            case Mutation.Update update -> !spec(update.draft(), field).equals(before);
            case Mutation.Delete _,Mutation.Gone _ -> false;
        };
    }

    private static JsonNode spec(Draft draft, String field) {
        return draft.at(1).object().tree().path("spec").path(field);
    }
}
