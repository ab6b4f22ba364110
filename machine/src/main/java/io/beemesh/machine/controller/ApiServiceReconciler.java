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
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.service.ServiceRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Keeps the Service {@code default/kubernetes}, by which clients inside find the API, with the Endpoints
 * and the EndpointSlices that lead to the API servers of all live nodes. Each node says on its own Node
 * where it serves; whoever decides on the Service makes the union of those that are there.
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
        if (key.type().equals(GroupResource.NODES)) {
            enqueue.accept(SERVICE);
            return;
        }
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
            SortedMap<Integer, List<String>> servers = servers();
            service(batch, servers.firstKey());
            endpoints(batch, servers);
            slices(batch, servers);
        } catch (RejectedException e) {
            return CompletableFuture.completedFuture(
                    new Outcome.Retry(String.valueOf(e.getMessage())));
        }
        return batch.commit(new Outcome.Done());
    }

    /** Addresses of API servers by port, in order; this node's at least. */
    private SortedMap<Integer, List<String>> servers() {
        Set<Controllers.ApiAddress> all = new LinkedHashSet<>();
        all.add(api);
        for (StoredObject stored : store.list(GroupResource.NODES, "")) {
            ApiObject node = stored.object();
            boolean lost = Conditions.find(node.tree().path("status"), "Ready")
                    .map(c -> c.path("status").asText("").equals("Unknown")).orElse(false);
            String said = node.annotations().getOrDefault(Controllers.ApiAddress.ANNOTATION, "");
            Controllers.ApiAddress.parse(said).filter(address -> !lost).ifPresent(all::add);
        }
        SortedMap<Integer, List<String>> byPort = new TreeMap<>();
        all.stream().sorted(Comparator.comparing(Controllers.ApiAddress::address))
                .forEach(server -> byPort
                        .computeIfAbsent(server.port(), port -> new ArrayList<>())
                        .add(server.address()));
        return byPort;
    }

    private void service(Batch batch, int target) throws RejectedException {
        ObjectNode port = Json.object().put("name", PORT_NAME).put("protocol", "TCP")
                .put("port", PORT).put("targetPort", target);
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

    private void endpoints(Batch batch, SortedMap<Integer, List<String>> servers)
            throws RejectedException {
        ArrayNode subsets = Json.object().arrayNode();
        servers.forEach((port, addresses) -> {
            ObjectNode subset = subsets.addObject();
            ArrayNode list = subset.putArray("addresses");
            addresses.forEach(address -> list.addObject().put("ip", address));
            subset.set("ports", ports(port));
        });
        Optional<StoredObject> stored = store.get(ENDPOINTS);
        ApiObject endpoints = stored.map(batch::edit).orElseGet(() -> named("v1", "Endpoints"));
        // Its slices are written here: without the label it would be mirrored into others.
        endpoints.metadata().withObjectProperty("labels")
                .put("endpointslice.kubernetes.io/skip-mirror", "true");
        set(endpoints, "subsets", subsets);
        if (stored.isEmpty()) {
            batch.create(GroupResource.ENDPOINTS, endpoints);
        }
    }

    /** A slice has the same ports for all its endpoints: one for each port that nodes serve on. */
    private void slices(Batch batch, SortedMap<Integer, List<String>> servers)
            throws RejectedException {
        Set<String> wanted = new HashSet<>();
        for (Map.Entry<Integer, List<String>> server : servers.entrySet()) {
            String name = server.getKey().equals(servers.firstKey())
                    ? NAME
                    : NAME + "-" + server.getKey();
            wanted.add(name);
            slice(batch, name, server.getKey(), server.getValue());
        }
        for (StoredObject slice : store.list(GroupResource.ENDPOINT_SLICES, NAMESPACE)) {
            if (slice.key().name().startsWith(NAME + "-") && !wanted.contains(slice.key().name())
                    && NAME.equals(slice.labels().get(EndpointReconciler.SERVICE_LABEL))) {
                batch.delete(slice, GracefulDeletion.Options.now());
            }
        }
    }

    private void slice(Batch batch, String name, int port, List<String> addresses)
            throws RejectedException {
        ArrayNode endpoints = Json.object().arrayNode();
        for (String address : addresses) {
            ObjectNode endpoint = endpoints.addObject();
            endpoint.putArray("addresses").add(address);
            endpoint.putObject("conditions").put("ready", true);
        }
        Optional<StoredObject> stored = store
                .get(new ObjectKey(GroupResource.ENDPOINT_SLICES, NAMESPACE, name));
        ApiObject slice = stored.map(batch::edit).orElseGet(() -> {
            ApiObject made = named("discovery.k8s.io/v1", "EndpointSlice");
            made.metadata().put("name", name);
            return made;
        });
        slice.metadata().withObjectProperty("labels")
                .put(EndpointReconciler.SERVICE_LABEL, NAME);
        slice.tree().put("addressType", "IPv4");
        set(slice, "endpoints", endpoints);
        set(slice, "ports", ports(port));
        if (stored.isEmpty()) {
            batch.create(GroupResource.ENDPOINT_SLICES, slice);
        }
    }

    private static ArrayNode ports(int port) {
        ArrayNode ports = Json.object().arrayNode();
        ports.addObject().put("name", PORT_NAME).put("port", port).put("protocol", "TCP");
        return ports;
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
