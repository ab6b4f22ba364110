package io.beemesh.machine.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The replica indexes that a ReplicaSet or ReplicationController wants, and for each its current
 * incarnation and pod: what makes exactly R replicas out of many who would replace a lost one. Immutable.
 *
 * <p>It is an object of {@link GroupResource#LEDGERS} beside its owner, under the owner's name, and is
 * changed only in one log entry with the pods that it names. Incarnations of an index only ever rise, also
 * when the index was given up and is wanted again.
 *
 * @param ownerUid the owner it belongs to; a ledger of a former owner of that name counts as none
 * @param incarnationMax the highest incarnation that any index has had
 * @param places by index
 */
public record Ledger(String ownerUid, long incarnationMax, SortedMap<Integer, Place> places) {
    /** On each pod: its replica index. */
    public static final String INDEX_LABEL = "beemesh.io/replica";
    /** On each pod: its incarnation of that index. */
    public static final String INCARNATION_LABEL = "beemesh.io/incarnation";

    /**
     * What an index has now.
     *
     * @param incarnation from one on
     */
    public record Place(long incarnation, String podUid) {}

    /** What became of an attempt to replace the pod of an index. */
    public sealed interface Replacement {
        /** The pod to be made is the one of the next incarnation; commit it with the ledger. */
        record Replaced(Ledger ledger, Place place) implements Replacement {}

        /** Somebody else was first; this is who holds the index. */
        record Superseded(Place current) implements Replacement {}

        /** The owner wants no such index. */
        record NotWanted() implements Replacement {}
    }

    public Ledger {
        places = Collections.unmodifiableSortedMap(new TreeMap<>(places));
    }

    /** Where the ledger of an owner is kept. */
    public static ObjectKey key(ObjectKey owner) {
        return new ObjectKey(GroupResource.LEDGERS, owner.namespace(), owner.name());
    }

    /** A ledger without indexes. */
    public static Ledger empty(String ownerUid) {
        return new Ledger(ownerUid, 0, new TreeMap<>());
    }

    /** The ledger of an owner in what is stored; an empty one if that is absent or a former owner's. */
    public static Ledger of(String ownerUid, Optional<ApiObject> stored) {
        if (stored.isEmpty()
                || !stored.get().tree().path("ownerUid").asText("").equals(ownerUid)) {
            return empty(ownerUid);
        }
        JsonNode tree = stored.get().tree();
        SortedMap<Integer, Place> places = new TreeMap<>();
        tree.path("replicas").properties().forEach(replica -> places.put(
                Integer.parseInt(replica.getKey()),
                new Place(replica.getValue().path("incarnation").asLong(1),
                        replica.getValue().path("pod").asText(""))));
        return new Ledger(ownerUid, tree.path("incarnationMax").asLong(0), places);
    }

    /** This ledger as the object to be stored for {@code owner}. */
    public ApiObject toObject(ObjectKey owner) {
        ObjectNode tree = Json.object();
        tree.put("kind", "Ledger");
        tree.put("apiVersion", "internal.beemesh.io/v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", owner.name());
        metadata.put("namespace", owner.namespace());
        metadata.put("uid", ownerUid);
        writeTo(tree);
        return new ApiObject(tree);
    }

    /** Puts this ledger into the object that holds an earlier state of it. */
    public void writeTo(ObjectNode tree) {
        tree.put("ownerUid", ownerUid);
        tree.put("incarnationMax", incarnationMax);
        ObjectNode replicas = tree.putObject("replicas");
        places.forEach((index, place) -> {
            ObjectNode node = replicas.putObject(Integer.toString(index));
            node.put("incarnation", place.incarnation);
            node.put("pod", place.podUid);
        });
    }

    /** What the index has; empty if it is not wanted. */
    public Optional<Place> place(int index) {
        return Optional.ofNullable(places.get(index));
    }

    /** The index of a pod that is current. */
    public Optional<Integer> indexOf(String podUid) {
        return places.entrySet().stream().filter(p -> p.getValue().podUid.equals(podUid))
                .map(Map.Entry::getKey).findFirst();
    }

    /** The lowest index that is not wanted yet. */
    public int lowestFree() {
        int index = 0;
        while (places.containsKey(index)) {
            index++;
        }
        return index;
    }

    /** The incarnation that the index would have next. */
    public long nextIncarnation(int index) {
        Place place = places.get(index);
        return place == null ? incarnationMax + 1 : place.incarnation + 1;
    }

    /** Wants one more index, the lowest free one, held by a new or adopted pod. */
    public Ledger add(String podUid) {
        return fill(lowestFree(), podUid);
    }

    /** Puts a new pod at an index, wanted before or from now on; whoever held it is gone for sure. */
    public Ledger fill(int index, String podUid) {
        return with(index, new Place(nextIncarnation(index), podUid));
    }

    /** Wants the index no more. */
    public Ledger remove(int index) {
        SortedMap<Integer, Place> fewer = new TreeMap<>(places);
        fewer.remove(index);
        return new Ledger(ownerUid, incarnationMax, fewer);
    }

    /** Gives up the index of a pod that was released or is surplus. */
    public Ledger removePod(String podUid) {
        return indexOf(podUid).map(this::remove).orElse(this);
    }

    /**
     * Compare-and-set: puts a new pod in the place of one that is lost, if {@code incarnation} is still the
     * current one. The caller has checked that the owner exists and is not being deleted, and that nobody
     * has fresh word of the old pod.
     */
    public Replacement replace(int index, long incarnation, String newPodUid) {
        Place current = places.get(index);
        if (current == null) {
            return new Replacement.NotWanted();
        }
        if (current.incarnation != incarnation) {
            return new Replacement.Superseded(current);
        }
        Place next = new Place(nextIncarnation(index), newPodUid);
        return new Replacement.Replaced(with(index, next), next);
    }

    /**
     * The ledger after a partition: all indexes of both sides, each with its highest incarnation (of equal
     * ones the pod whose uid sorts first). Symmetric, so that both sides find the same. May want more
     * indexes than the owner does; the surplus goes in Kubernetes' deletion order.
     */
    public Ledger merge(Ledger other) {
        if (!ownerUid.equals(other.ownerUid)) {
            throw new IllegalArgumentException(
                    "ledgers of two owners: " + ownerUid + " and " + other.ownerUid);
        }
        SortedMap<Integer, Place> merged = new TreeMap<>(places);
        other.places.forEach((index, place) -> merged.merge(index, place, Ledger::current));
        return new Ledger(ownerUid, Math.max(incarnationMax, other.incarnationMax), merged);
    }

    private static Place current(Place one, Place two) {
        if (one.incarnation != two.incarnation) {
            return one.incarnation > two.incarnation ? one : two;
        }
        return one.podUid.compareTo(two.podUid) <= 0 ? one : two;
    }

    private Ledger with(int index, Place place) {
        SortedMap<Integer, Place> more = new TreeMap<>(places);
        more.put(index, place);
        return new Ledger(ownerUid, Math.max(incarnationMax, place.incarnation), more);
    }
}
