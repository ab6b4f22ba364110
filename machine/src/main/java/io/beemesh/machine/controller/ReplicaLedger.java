package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which replica indexes a ReplicaSet wants, and for each its current incarnation and pod: what makes
 * exactly R replicas out of many who would replace a lost one.
 *
 * <p>Kept beside the ReplicaSet under the same name, and changed only in one log entry with the pods
 * it names.
 */
final class ReplicaLedger {
    /** On each pod: its replica index. */
    static final String INDEX_LABEL = "beemesh.io/replica";
    /** On each pod: how many pods, itself included, the index has had. */
    static final String INCARNATION_LABEL = "beemesh.io/incarnation";

    private final String ownerUid;
    private final TreeMap<Integer, Entry> entries = new TreeMap<>();
    private long incarnationMax;

    private ReplicaLedger(String ownerUid) {
        this.ownerUid = ownerUid;
    }

    static ObjectKey key(ObjectKey owner) {
        return new ObjectKey(GroupResource.LEDGERS, owner.namespace(), owner.name());
    }

    /** The ledger in {@code stored}, or an empty one if that is absent or an earlier owner's. */
    static ReplicaLedger of(ApiObject owner, Optional<ApiObject> stored) {
        ReplicaLedger ledger = new ReplicaLedger(owner.uid());
        if (stored.isEmpty()
                || !stored.get().tree().path("ownerUid").asText("").equals(owner.uid())) {
            return ledger;
        }
        JsonNode tree = stored.get().tree();
        ledger.incarnationMax = tree.path("incarnationMax").asLong(0);
        tree.path("replicas").properties().forEach(field -> ledger.entries.put(
                Integer.parseInt(field.getKey()),
                new Entry(field.getValue().path("incarnation").asLong(1),
                        field.getValue().path("pod").asText(""))));
        return ledger;
    }

    /** Writes the ledger into {@code tree}. */
    void writeTo(ObjectNode tree) {
        tree.put("ownerUid", ownerUid);
        tree.put("incarnationMax", incarnationMax);
        ObjectNode replicas = tree.putObject("replicas");
        entries.forEach((index, entry) -> {
            ObjectNode node = replicas.putObject(Integer.toString(index));
            node.put("incarnation", entry.incarnation);
            node.put("pod", entry.podUid);
        });
    }

    /** A new ledger object, without content. */
    static ApiObject newObject(ApiObject owner) {
        ObjectNode tree = Json.object();
        tree.put("kind", "Ledger");
        tree.put("apiVersion", "internal.beemesh.io/v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", owner.name());
        metadata.put("namespace", owner.namespace());
        metadata.put("uid", owner.uid());
        return new ApiObject(tree);
    }

    int size() {
        return entries.size();
    }

    /** Index to entry, ascending. */
    NavigableMap<Integer, Entry> entries() {
        return new TreeMap<>(entries);
    }

    boolean holds(String podUid) {
        return entries.values().stream().anyMatch(e -> e.podUid.equals(podUid));
    }

    /** The next incarnation of {@code index}, which starts or goes on; its pod is to be named next. */
    long advance(int index) {
        Entry entry = entries.get(index);
        long incarnation = entry == null ? 1 : entry.incarnation + 1;
        // An index that was given up and is wanted again must not repeat an incarnation.
        if (entry == null && incarnationMax > 0) {
            incarnation = incarnationMax + 1;
        }
        return incarnation;
    }

    void put(int index, long incarnation, String podUid) {
        entries.put(index, new Entry(incarnation, podUid));
        incarnationMax = Math.max(incarnationMax, incarnation);
    }

    void remove(int index) {
        entries.remove(index);
    }

    void removePod(String podUid) {
        entries.values().removeIf(e -> e.podUid.equals(podUid));
    }

    int lowestFree() {
        int index = 0;
        while (entries.containsKey(index)) {
            index++;
        }
        return index;
    }

    /** One index's current pod. */
    record Entry(long incarnation, String podUid) {}
}
