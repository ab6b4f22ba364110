package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The EndpointSlices of one Service that are this node's to write; others' are left alone. */
final class EndpointSlices {
    static final String CONTROLLER = "endpointslice-controller.k8s.io";
    static final String MIRRORING = "endpointslicemirroring-controller.k8s.io";
    /** As Kubernetes' default. */
    static final int SLICE_ENDPOINTS_MAX = 100;
    private static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";

    private final Store store;
    private final Batch batch;
    private final ObjectKey service;

    EndpointSlices(Store store, Batch batch, ObjectKey service) {
        this.store = store;
        this.batch = batch;
        this.service = service;
    }

    ObjectKey service() {
        return service;
    }

    private List<StoredObject> existing(String manager) {
        return store.list(GroupResource.ENDPOINT_SLICES, service.namespace()).stream()
                .filter(s -> service.name()
                        .equals(s.labels().get(EndpointReconciler.SERVICE_LABEL)))
                .filter(s -> manager.equals(s.labels().get(MANAGED_BY))).toList();
    }

    void deleteAll() {
        existing(CONTROLLER).forEach(this::delete);
        deleteMirrored();
    }

    void deleteMirrored() {
        existing(MIRRORING).forEach(this::delete);
    }

    private void delete(StoredObject slice) {
        batch.delete(slice, GracefulDeletion.Options.DEFAULT);
    }

    /** Makes the slices say what {@code groups} do; those of another manager of ours go. */
    void write(ApiObject owner, Map<String, Endpoints.Group> groups, String manager,
            ObjectNode labels) throws RejectedException {
        existing(manager.equals(CONTROLLER) ? MIRRORING : CONTROLLER).forEach(this::delete);
        List<StoredObject> free = new ArrayList<>(existing(manager));
        labels.put(EndpointReconciler.SERVICE_LABEL, service.name());
        labels.put(MANAGED_BY, manager);
        for (Endpoints.Group group : chunks(groups)) {
            write(owner, group, labels, free);
        }
        labels.remove(List.of(EndpointReconciler.SERVICE_LABEL, MANAGED_BY));
        free.forEach(this::delete);
    }

    /** One slice's worth each; a Service without endpoints has one empty slice. */
    private static List<Endpoints.Group> chunks(Map<String, Endpoints.Group> groups) {
        List<Endpoints.Group> chunks = new ArrayList<>();
        for (Endpoints.Group group : groups.values()) {
            ArrayNode part = Json.object().arrayNode();
            for (JsonNode endpoint : group.endpoints()) {
                if (part.size() == SLICE_ENDPOINTS_MAX) {
                    chunks.add(new Endpoints.Group(group.ports(), part));
                    part = Json.object().arrayNode();
                }
                part.add(endpoint);
            }
            chunks.add(new Endpoints.Group(group.ports(), part));
        }
        if (chunks.isEmpty()) {
            chunks.add(new Endpoints.Group(Json.object().arrayNode(),
                    Json.object().arrayNode()));
        }
        return chunks;
    }

    private void write(ApiObject owner, Endpoints.Group group, ObjectNode labels,
            List<StoredObject> free) throws RejectedException {
        String family = group.endpoints().path(0).path("addresses").path(0).asText("")
                .contains(":") ? "IPv6" : "IPv4";
        StoredObject reused = free.stream().filter(s -> s.object().tree().path("addressType")
                .asText("").equals(family)).findFirst().orElse(null);
        ApiObject slice;
        if (reused == null) {
            slice = newSlice(owner, family);
        } else {
            free.remove(reused);
            slice = batch.edit(reused);
        }
        if (!slice.metadata().path("labels").equals(labels)) {
            slice.metadata().set("labels", labels.deepCopy());
        }
        set(slice, "endpoints", group.endpoints());
        set(slice, "ports", group.ports());
        if (reused == null) {
            batch.create(GroupResource.ENDPOINT_SLICES, slice);
        }
    }

    private static void set(ApiObject slice, String field, ArrayNode value) {
        if (!slice.tree().path(field).equals(value)) {
            slice.tree().set(field, value);
        }
    }

    private ApiObject newSlice(ApiObject owner, String family) {
        ObjectNode tree = Json.object();
        tree.put("kind", "EndpointSlice");
        tree.put("apiVersion", "discovery.k8s.io/v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", freeName(owner));
        metadata.put("namespace", service.namespace());
        metadata.put("generateName", service.name() + "-");
        metadata.putArray("ownerReferences").add(Workloads.controllerReference(owner));
        tree.put("addressType", family);
        return new ApiObject(tree);
    }

    private String freeName(ApiObject owner) {
        for (int attempt = 0;; attempt++) {
            String name = PodNames.replica(owner, 0, 0, attempt);
            ObjectKey key = new ObjectKey(GroupResource.ENDPOINT_SLICES, service.namespace(),
                    name);
            if (store.get(key).isEmpty() && !batch.creates(key)) {
                return name;
            }
        }
    }
}
