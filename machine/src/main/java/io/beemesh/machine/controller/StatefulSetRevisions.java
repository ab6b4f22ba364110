package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A StatefulSet's or DaemonSet's templates over time, each a ControllerRevision whose data is the patch that {@code
 * kubectl rollout undo} applies.
 */
final class StatefulSetRevisions {
    private static final int NAME_LENGTH_MAX = 223;

    private final Batch batch;
    private final ApiObject set;
    private final List<ApiObject> revisions = new ArrayList<>();
    private final List<StoredObject> stored;

    StatefulSetRevisions(Store store, Batch batch, ApiObject set) {
        this.batch = batch;
        this.set = set;
        stored = store.ownedBy(GroupResource.CONTROLLER_REVISIONS, set);
        stored.forEach(r -> revisions.add(batch.edit(r)));
        revisions.sort(Comparator.<ApiObject>comparingLong(StatefulSetRevisions::number)
                .thenComparing(Rollout.OLDEST_FIRST));
    }

    private static long number(ApiObject revision) {
        return revision.tree().path("revision").asLong(0);
    }

    /** The revision of the set's present template: a known one, renumbered as the latest, or a new one. */
    ApiObject update(Store store) throws RejectedException {
        JsonNode data = data(set.spec().path("template"));
        long next = revisions.isEmpty() ? 1 : number(revisions.getLast()) + 1;
        Optional<ApiObject> equal = revisions.reversed().stream()
                .filter(r -> r.tree().path("data").equals(data)).findFirst();
        if (equal.isPresent()) {
            if (!equal.get().uid().equals(revisions.getLast().uid())) {
                equal.get().tree().put("revision", next);
            }
            return equal.get();
        }
        while (true) {
            ApiObject created = create(data, next);
            Optional<StoredObject> taken = store.get(new ObjectKey(
                    GroupResource.CONTROLLER_REVISIONS, set.namespace(), created.name()));
            if (taken.isEmpty()) {
                batch.create(GroupResource.CONTROLLER_REVISIONS, created);
                revisions.add(created);
                return created;
            }
            set.status().put("collisionCount",
                    set.status().path("collisionCount").asInt(0) + 1);
        }
    }

    private ApiObject create(JsonNode data, long number) {
        String hash = Workloads.hash(data, set.status().path("collisionCount").asLong(0));
        String base = set.name().substring(0, Math.min(set.name().length(), NAME_LENGTH_MAX));
        ObjectNode tree = Json.object();
        tree.put("kind", "ControllerRevision");
        tree.put("apiVersion", "apps/v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", base + "-" + hash);
        metadata.put("namespace", set.namespace());
        ObjectNode labels = metadata.putObject("labels");
        set.spec().path("template").path("metadata").path("labels").properties()
                .forEach(l -> labels.set(l.getKey(), l.getValue()));
        labels.put("controller.kubernetes.io/hash", hash);
        if (!set.annotations().isEmpty()) {
            metadata.set("annotations", set.metadata().path("annotations").deepCopy());
        }
        metadata.putArray("ownerReferences").add(Workloads.controllerReference(set));
        tree.set("data", data);
        tree.put("revision", number);
        return new ApiObject(tree);
    }

    private static JsonNode data(JsonNode template) {
        ObjectNode replaced = template.deepCopy();
        replaced.put("$patch", "replace");
        ObjectNode data = Json.object();
        data.putObject("spec").set("template", replaced);
        return data;
    }

    /** The revision that {@code status.currentRevision} names, or {@code update} if it is gone. */
    ApiObject current(ApiObject update) {
        String name = set.status().path("currentRevision").asText("");
        return revisions.stream().filter(r -> r.name().equals(name)).findFirst()
                .orElse(update);
    }

    /** The template of a revision, as pods are made from it. */
    static JsonNode template(ApiObject revision) {
        ObjectNode template = revision.tree().path("data").path("spec").path("template")
                .deepCopy();
        template.remove("$patch");
        return template;
    }

    /** Deletes the oldest revisions beyond the limit, but none in {@code live}. */
    void truncate(Set<String> live) {
        List<ApiObject> old = revisions.stream().filter(r -> !live.contains(r.name())).toList();
        int limit = set.spec().path("revisionHistoryLimit").asInt(10);
        for (ApiObject revision : old.subList(0, Math.max(0, old.size() - limit))) {
            stored.stream().filter(s -> s.uid().equals(revision.uid())).forEach(
                    s -> batch.delete(s, GracefulDeletion.Options.DEFAULT));
        }
    }
}
