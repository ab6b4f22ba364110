package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.service.LoadBalancers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Says in each Service of type LoadBalancer where its ports are open: on every Ready node whose pods have sidecars, and
 * that has an endpoint of it where {@code externalTrafficPolicy} is {@code Local}. Of two Services that want one port
 * the first by namespace and name has it; the other one waits.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer">LoadBalancer</a>
 */
final class LoadBalancerReconciler implements Reconciler {
    private static final int ADDRESSES_MAX = 64;

    private final Store store;
    /** The ports of those that are served. */
    private final TreeMap<ObjectKey, List<LoadBalancers.Port>> balanced = new TreeMap<>();

    LoadBalancerReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.SERVICES, "").forEach(service -> {
            remember(service);
            enqueue.accept(service.key());
        });
    }

    private void remember(StoredObject service) {
        List<LoadBalancers.Port> ports = LoadBalancers.ports(service.object().spec());
        if (ports.isEmpty()) {
            balanced.remove(service.key());
        } else {
            balanced.put(service.key(), ports);
        }
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.SERVICES)) {
            List<LoadBalancers.Port> before = balanced.getOrDefault(key, List.of());
            if (change.kind() == Change.Kind.DELETED) {
                balanced.remove(key);
            } else {
                remember(change.object());
                enqueue.accept(key);
            }
            if (!before.equals(balanced.getOrDefault(key, List.of()))) {
                // Another one may wait for a port, or have to.
                balanced.keySet().forEach(enqueue);
            }
        } else if (key.type().equals(GroupResource.ENDPOINT_SLICES)) {
            ObjectKey service = serviceOf(change.object());
            if (balanced.containsKey(service)) {
                enqueue.accept(service);
            }
        } else if (key.type().equals(GroupResource.NODES) && !balanced.isEmpty()) {
            Optional<String> before = change.previous().map(p -> address(p.object()));
            String now = change.kind() == Change.Kind.DELETED
                    ? ""
                    : address(change.object().object());
            if (!before.orElse("").equals(now)) {
                balanced.keySet().forEach(enqueue);
            }
        }
    }

    /** Empty if the node does not take part now. */
    private static String address(ApiObject node) {
        boolean isReady = false;
        for (JsonNode condition : node.tree().path("status").path("conditions")) {
            isReady |= condition.path("type").asText("").equals("Ready")
                    && condition.path("status").asText("").equals("True");
        }
        if (!isReady || node.spec().path("podCIDR").asText("").isEmpty()) {
            return "";
        }
        for (JsonNode address : node.tree().path("status").path("addresses")) {
            if (address.path("type").asText("").equals("InternalIP")) {
                return address.path("address").asText("");
            }
        }
        return "";
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty() || stored.get().object().isDeleting()
                || !stored.get().object().spec().path("loadBalancerClass").asText("").isEmpty()) {
            return Reconciler.done();
        }
        Batch batch = store.batch("service-controller");
        ArrayNode ingress = Json.object().putArray("ingress");
        if (hasItsPorts(key)) {
            addresses(stored.get())
                    .forEach(ip -> ingress.addObject().put("ip", ip).put("ipMode", "Proxy"));
        }
        JsonNode before = stored.get().object().tree().path("status").path("loadBalancer")
                .path("ingress");
        if (ingress.equals(before) || (ingress.isEmpty() && before.isEmpty())) {
            return Reconciler.done();
        }
        ObjectNode balancer = batch.edit(stored.get()).status()
                .withObjectProperty("loadBalancer");
        if (ingress.isEmpty()) {
            balancer.remove("ingress");
        } else {
            balancer.set("ingress", ingress);
        }
        return batch.commit(new Outcome.Done());
    }

    /** The nodes that endpoints are on to which they lead: ready ones, or such as end and serve yet. */
    private Set<String> nodesOf(ObjectKey service) {
        Set<String> nodes = new HashSet<>();
        for (StoredObject slice : store.list(GroupResource.ENDPOINT_SLICES,
                service.namespace())) {
            if (serviceOf(slice).equals(service)) {
                for (JsonNode endpoint : slice.object().tree().path("endpoints")) {
                    JsonNode conditions = endpoint.path("conditions");
                    if (conditions.path("ready").asBoolean(true)
                            || (conditions.path("terminating").asBoolean(false)
                                    && conditions.path("serving").asBoolean(false))) {
                        nodes.add(endpoint.path("nodeName").asText(""));
                    }
                }
            }
        }
        return nodes;
    }

    private static ObjectKey serviceOf(StoredObject slice) {
        return new ObjectKey(GroupResource.SERVICES, slice.key().namespace(),
                slice.labels().getOrDefault("kubernetes.io/service-name", ""));
    }

    private boolean hasItsPorts(ObjectKey key) {
        List<LoadBalancers.Port> own = balanced.getOrDefault(key, List.of());
        return !own.isEmpty() && balanced.headMap(key).values().stream()
                .flatMap(List::stream).noneMatch(own::contains);
    }

    private List<String> addresses(StoredObject service) {
        boolean isLocal = service.object().spec().path("externalTrafficPolicy").asText("")
                .equals("Local");
        Set<String> nodes = isLocal ? nodesOf(service.key()) : Set.of();
        TreeSet<String> all = new TreeSet<>();
        for (StoredObject node : store.list(GroupResource.NODES, "")) {
            String address = address(node.object());
            if (!address.isEmpty() && (!isLocal || nodes.contains(node.key().name()))) {
                all.add(address);
            }
        }
        return new ArrayList<>(all).subList(0, Math.min(all.size(), ADDRESSES_MAX));
    }
}
