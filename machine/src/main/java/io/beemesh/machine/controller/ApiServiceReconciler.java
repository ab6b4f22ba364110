package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.service.ServiceRange;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Keeps the Service {@code default/kubernetes}, by which clients inside find the API, with the Endpoints
 * and the EndpointSlice that lead to this node's API server.
 */
final class ApiServiceReconciler implements Reconciler {
    static final String NAME = "kubernetes";
    private static final String NAMESPACE = "default";
    private static final String PORT_NAME = "https";
    private static final int PORT = 443;
    private static final ObjectKey SERVICE = key(GroupResource.SERVICES);
    private static final ObjectKey ENDPOINTS = key(GroupResource.ENDPOINTS);
    private static final ObjectKey SLICE = key(GroupResource.ENDPOINT_SLICES);

    private final Store store;
    private final Controllers.ApiAddress api;

    ApiServiceReconciler(Store store, Controllers.ApiAddress api) {
        this.store = store;
        this.api = api;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        enqueue.accept(SERVICE);
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        boolean namespace = key.type().equals(GroupResource.NAMESPACES)
                && key.name().equals(NAMESPACE);
        if (namespace || key.equals(SERVICE) || key.equals(ENDPOINTS) || key.equals(SLICE)) {
            enqueue.accept(SERVICE);
        }
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        if (store.get(ObjectKey.cluster(GroupResource.NAMESPACES, NAMESPACE)).isEmpty()) {
            return Reconciler.done();
        }
        Batch batch = store.batch("apiserver");
        try {
            service(batch);
            endpoints(batch);
            slice(batch);
        } catch (RejectedException e) {
            return CompletableFuture.completedFuture(
                    new Outcome.Retry(String.valueOf(e.getMessage())));
        }
        return batch.commit(new Outcome.Done());
    }

    private void service(Batch batch) throws RejectedException {
        ObjectNode port = Json.object().put("name", PORT_NAME).put("protocol", "TCP")
                .put("port", PORT).put("targetPort", api.port());
        Optional<StoredObject> stored = store.get(SERVICE);
        ApiObject service = stored.map(batch::edit).orElseGet(() -> named("v1", "Service"));
        if (stored.isEmpty()) {
            ObjectNode labels = service.metadata().putObject("labels");
            labels.put("component", "apiserver").put("provider", "kubernetes");
            service.spec().put("clusterIP", ServiceRange.API_ADDRESS);
        }
        JsonNode ports = Json.object().arrayNode().add(port);
        if (!service.spec().path("ports").equals(ports)) {
            service.spec().set("ports", ports);
        }
        if (!service.spec().path("type").asText("").equals("ClusterIP")) {
            service.spec().put("type", "ClusterIP");
        }
        if (stored.isEmpty()) {
            batch.create(GroupResource.SERVICES, service);
        }
    }

    private void endpoints(Batch batch) throws RejectedException {
        ObjectNode subset = Json.object();
        subset.putArray("addresses").addObject().put("ip", api.address());
        subset.putArray("ports").addObject().put("name", PORT_NAME).put("port", api.port())
                .put("protocol", "TCP");
        Optional<StoredObject> stored = store.get(ENDPOINTS);
        ApiObject endpoints = stored.map(batch::edit).orElseGet(() -> named("v1", "Endpoints"));
        // Its slice is written here: without the label it would be mirrored into another one.
        endpoints.metadata().withObjectProperty("labels")
                .put("endpointslice.kubernetes.io/skip-mirror", "true");
        set(endpoints, "subsets", Json.object().arrayNode().add(subset));
        if (stored.isEmpty()) {
            batch.create(GroupResource.ENDPOINTS, endpoints);
        }
    }

    private void slice(Batch batch) throws RejectedException {
        ObjectNode endpoint = Json.object();
        endpoint.putArray("addresses").add(api.address());
        endpoint.putObject("conditions").put("ready", true);
        ObjectNode port = Json.object().put("name", PORT_NAME).put("port", api.port())
                .put("protocol", "TCP");
        Optional<StoredObject> stored = store.get(SLICE);
        ApiObject slice = stored.map(batch::edit)
                .orElseGet(() -> named("discovery.k8s.io/v1", "EndpointSlice"));
        slice.metadata().withObjectProperty("labels")
                .put(EndpointReconciler.SERVICE_LABEL, NAME);
        slice.tree().put("addressType", "IPv4");
        set(slice, "endpoints", Json.object().arrayNode().add(endpoint));
        set(slice, "ports", Json.object().arrayNode().add(port));
        if (stored.isEmpty()) {
            batch.create(GroupResource.ENDPOINT_SLICES, slice);
        }
    }

    private static void set(ApiObject object, String field, ArrayNode value) {
        if (!object.tree().path(field).equals(value)) {
            object.tree().set(field, value);
        }
    }

    private static ApiObject named(String apiVersion, String kind) {
        ObjectNode tree = Json.object();
        tree.put("kind", kind).put("apiVersion", apiVersion);
        tree.putObject("metadata").put("name", NAME).put("namespace", NAMESPACE);
        return new ApiObject(tree);
    }

    private static ObjectKey key(GroupResource type) {
        return new ObjectKey(type, NAMESPACE, NAME);
    }
}
