package io.beemesh.machine.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Bootstrap records of StatefulSets' groups: which peer may begin the group of which set. The object's name is
 * the set's uid, so it can be made once only; and only by a majority, see {@code MustNotFork}. Pure.
 */
public final class GroupRecords {
    private static final String PREFIX = "group-";

    private GroupRecords() {}

    /** In the slot of the set. */
    public static ObjectKey key(String namespace, String setUid) {
        return SlotMap.claim(SlotMap.ofNamespace(namespace), PREFIX + setUid);
    }

    public static boolean isRecord(ObjectKey key) {
        return key.name().substring(key.name().indexOf('.') + 1).startsWith(PREFIX);
    }

    /** The peer that may begin. */
    public static String founderOf(StoredObject record) {
        return record.object().tree().path("spec").path("founder").asText("");
    }

    /** How often the group was begun anew. */
    public static long generationOf(StoredObject record) {
        return record.object().tree().path("spec").path("generation").asLong(0);
    }

    /** Lets a peer begin the next generation, if the record is still as it was. */
    public static Mutation recover(StoredObject record, String founder, long generation) {
        ApiObject after = record.object().copy();
        after.tree().withObjectProperty("spec").put("founder", founder).put("generation",
                generation);
        return new Mutation.Update(Draft.of(record.key(), after), record.version());
    }

    /** Makes the record. */
    public static Mutation create(String namespace, String setUid, String founder, Instant now) {
        ObjectKey key = key(namespace, setUid);
        ObjectNode record = Json.object();
        record.put("kind", "Claim").put("apiVersion", key.type().group() + "/v1");
        record.putObject("metadata").put("name", key.name())
                .put("uid", UUID.nameUUIDFromBytes(key.name().getBytes(StandardCharsets.UTF_8))
                        .toString())
                .put("creationTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
        record.putObject("spec").put("group", setUid).put("founder", founder);
        return new Mutation.Create(Draft.of(key, new ApiObject(record)));
    }

    /** Removes it, once its set is deleted. */
    public static Mutation delete(StoredObject record) {
        return new Mutation.Delete(Draft.of(record.key(), record.object()), record.version());
    }
}
