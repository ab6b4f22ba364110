package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.controller.Conditions.Condition;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is left in a namespace that is being deleted. */
final class NamespaceContents {
    /** Objects deleted in one log entry. */
    static final int STEP_OBJECTS_MAX = 200;

    private final Store store;
    private final Kinds kinds;

    NamespaceContents(Store store, Kinds kinds) {
        this.store = store;
        this.kinds = kinds;
    }

    /**
     * Deletes pods, and once none is left all else; says in the conditions what remains.
     *
     * @return true if one step was not enough
     */
    boolean delete(Batch batch, ApiObject namespace) {
        List<StoredObject> pods = store.list(GroupResource.PODS, namespace.name());
        List<StoredObject> rest = pods.isEmpty() ? others(namespace.name()) : pods;
        int deleted = 0;
        for (StoredObject object : rest) {
            if (deleted == STEP_OBJECTS_MAX) {
                break;
            }
            if (!object.object().isDeleting()) {
                batch.delete(object, GracefulDeletion.Options.DEFAULT);
                deleted++;
            }
        }
        describe(namespace, batch);
        return deleted == STEP_OBJECTS_MAX;
    }

    boolean isEmpty(String namespace) {
        return types().stream().allMatch(t -> store.list(t, namespace).isEmpty());
    }

    private List<StoredObject> others(String namespace) {
        List<StoredObject> objects = new ArrayList<>();
        for (GroupResource type : types()) {
            if (!type.equals(GroupResource.PODS)) {
                objects.addAll(store.list(type, namespace));
            }
        }
        return objects;
    }

    private List<GroupResource> types() {
        List<GroupResource> types = new ArrayList<>();
        kinds.all().stream().filter(kinds::isNamespaced).forEach(types::add);
        types.add(GroupResource.LEDGERS);
        return types;
    }

    private void describe(ApiObject namespace, Batch batch) {
        Map<String, Integer> counts = new TreeMap<>();
        Map<String, Integer> finalizers = new TreeMap<>();
        for (GroupResource type : types()) {
            for (StoredObject object : store.list(type, namespace.name())) {
                if (!type.equals(GroupResource.LEDGERS)) {
                    counts.merge(type.toString(), 1, Integer::sum);
                }
                for (JsonNode finalizer : object.object().metadata().path("finalizers")) {
                    finalizers.merge(finalizer.asText(""), 1, Integer::sum);
                }
            }
        }
        List<Condition> conditions = new ArrayList<>();
        conditions.add(new Condition("NamespaceDeletionDiscoveryFailure", "False",
                "ResourcesDiscovered", "All resources successfully discovered"));
        conditions.add(new Condition("NamespaceDeletionGroupVersionParsingFailure", "False",
                "ParsedGroupVersions", "All legacy kube types successfully parsed"));
        conditions.add(new Condition("NamespaceDeletionContentFailure", "False",
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization"));
        conditions.add(counts.isEmpty()
                ? new Condition("NamespaceContentRemaining", "False", "ContentRemoved",
                        "All content successfully removed")
                : new Condition("NamespaceContentRemaining", "True", "SomeResourcesRemain",
                        "Some resources are remaining: "
                                + join(counts, " has ", " resource instances")));
        conditions.add(finalizers.isEmpty()
                ? new Condition("NamespaceFinalizersRemaining", "False",
                        "ContentHasNoFinalizers",
                        "All content-preserving finalizers finished")
                : new Condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                        "Some content in the namespace has finalizers remaining: "
                                + join(finalizers, " in ", " resource instances")));
        conditions.forEach(c -> Conditions.set(namespace.status(), c, batch.now()));
    }

    private static String join(Map<String, Integer> counts, String verb, String noun) {
        List<String> parts = new ArrayList<>();
        counts.forEach((what, count) -> parts.add(what + verb + count + noun));
        return String.join(", ", parts);
    }
}
