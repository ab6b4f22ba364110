package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The rules of metadata that hold for every kind. */
final class Preparation {
    /** What only the server sets. */
    private static final List<String> SYSTEM_FIELDS = List.of("uid", "creationTimestamp",
            "deletionTimestamp", "deletionGracePeriodSeconds", "generation");

    private Preparation() {}

    /** Wipes what a client may not set at creation. */
    static void wipeSystemFields(ApiObject object) {
        String version = object.metadata().path("resourceVersion").asText("");
        if (!version.isEmpty() && !version.equals("0")) {
            throw StatusTable
                    .badRequest("resourceVersion should not be set on objects to be created");
        }
        ObjectNode metadata = object.metadata();
        metadata.remove(SYSTEM_FIELDS);
        metadata.remove(List.of("resourceVersion", "selfLink"));
    }

    /** Gives the object the request's namespace, or refuses another one. */
    static void setNamespace(ApiObject object, String namespace) {
        if (namespace.isEmpty()) {
            object.metadata().remove("namespace");
        } else if (object.namespace().isEmpty()) {
            object.metadata().put("namespace", namespace);
        } else if (!object.namespace().equals(namespace)) {
            throw StatusTable.badRequest("the namespace of the provided object does not match the "
                    + "namespace sent on the request");
        }
    }

    /** Checks that an update is about the object of the URL. */
    static void requireSameName(ApiObject object, ObjectKey key) {
        if (object.name().isEmpty()) {
            throw StatusTable.badRequest("the name of the object (" + key.name()
                    + " based on URL) was undeterminable: name must be provided");
        }
        if (!object.name().equals(key.name())) {
            throw StatusTable.badRequest("the name of the object (" + object.name()
                    + ") does not match the name on the URL (" + key.name() + ")");
        }
        if (!key.namespace().isEmpty() && !object.namespace().isEmpty()
                && !object.namespace().equals(key.namespace())) {
            throw StatusTable.badRequest("the namespace of the object (" + object.namespace()
                    + ") does not match the namespace on the request (" + key.namespace() + ")");
        }
    }

    /** New objects need a namespace that is there and stays. */
    static void requireNamespace(Registry registry, GroupResource type, String namespace,
            String name) {
        Optional<StoredObject> found = registry
                .get(ObjectKey.cluster(GroupResource.NAMESPACES, namespace));
        if (found.isEmpty()) {
            throw StatusTable.notFound(GroupResource.NAMESPACES, namespace);
        }
        if (found.get().object().isDeleting()) {
            Cause cause = new Cause("NamespaceTerminating",
                    "namespace " + namespace + " is being terminated", "metadata.namespace");
            throw StatusTable.forbidden(type, name, "unable to create new content in namespace "
                    + namespace + " because it is being terminated", List.of(cause));
        }
    }

    /** Checks and fills in what an update may not change. */
    static void keepSystemFields(GroupResource type, ApiObject next, ApiObject current) {
        if (!next.uid().isEmpty() && !next.uid().equals(current.uid())) {
            throw StatusTable.conflict(type, current.name(),
                    "Precondition failed: UID in precondition: " + next.uid()
                            + ", UID in object meta: " + current.uid());
        }
        ObjectNode metadata = next.metadata();
        String version = metadata.path("resourceVersion").asText("");
        if (!version.isEmpty() && !version.equals("0")
                && !version.equals(Long.toString(current.resourceVersion()))) {
            throw StatusTable.modified(type, current.name());
        }
        for (String field : SYSTEM_FIELDS) {
            keep(metadata, current, field);
        }
        for (String field : List.of("resourceVersion", "name", "namespace")) {
            keep(metadata, current, field);
        }
        metadata.remove("selfLink");
    }

    /** What is being deleted takes no new finalizers. */
    static List<Cause> newFinalizers(ApiObject next, ApiObject current) {
        if (!current.isDeleting()) {
            return List.of();
        }
        List<String> added = new ArrayList<>(finalizers(next));
        added.removeAll(finalizers(current));
        if (added.isEmpty()) {
            return List.of();
        }
        String names = added.stream().map(f -> '"' + f + '"')
                .collect(Collectors.joining(", "));
        return List.of(new Cause("FieldValueForbidden",
                "Forbidden: no new finalizers can be added if the object is being deleted, found "
                        + "new finalizers []string{" + names + "}",
                "metadata.finalizers"));
    }

    /** True if the update took away the last thing that held an object being deleted. */
    static boolean isReleased(GroupResource type, ApiObject next) {
        return next.isDeleting() && finalizers(next).isEmpty()
                && next.tree().path("metadata").path("deletionGracePeriodSeconds").asLong(0) == 0
                && (!type.equals(GroupResource.NAMESPACES)
                        || next.tree().path("spec").path("finalizers").isEmpty());
    }

    private static List<String> finalizers(ApiObject object) {
        List<String> finalizers = new ArrayList<>();
        object.tree().path("metadata").path("finalizers")
                .forEach(f -> finalizers.add(f.asText("")));
        return finalizers;
    }

    private static void keep(ObjectNode metadata, ApiObject current, String field) {
        if (current.metadata().has(field)) {
            metadata.set(field, current.metadata().get(field).deepCopy());
        } else {
            metadata.remove(field);
        }
    }
}
