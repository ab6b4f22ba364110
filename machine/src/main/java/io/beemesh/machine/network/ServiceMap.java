package io.beemesh.machine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Services and their endpoints as the registry has them now: which addresses stand behind one, and behind
 * a name. It follows the registry on the loop; the answers may be asked for from any thread.
 */
public final class ServiceMap implements WatchListener {
    /** Kubernetes' default. */
    private static final long AFFINITY_SECONDS = 10_800;
    private static final String SERVICE_NAME = "kubernetes.io/service-name";

    private final Registry registry;
    private final Map<ObjectKey, Service> services = new ConcurrentHashMap<>();
    private final Map<String, ObjectKey> byAddress = new ConcurrentHashMap<>();
    /** By service, then by slice; the inner maps are replaced whole. */
    private final Map<ObjectKey, Map<String, List<Backend>>> slices = new ConcurrentHashMap<>();

    /** A port that a Service offers. */
    record Port(String name, String protocol, int port) {}

    /**
     * A Service.
     *
     * @param address empty if it is headless or has only an external name
     * @param affinity how long after its last connection a client keeps its endpoint; zero: it does not
     * @param isLocalInside for clients in the mesh only endpoints of their own node count
     * @param isLocalOutside for clients of a node's ports only that node's do
     */
    record Service(String address, List<Port> ports, String externalName,
            Duration affinity, boolean unready, boolean isLocalInside, boolean isLocalOutside) {}

    /**
     * One endpoint's port.
     *
     * @param node empty if it is not known
     * @param leaving it ends, and serves until then
     */
    record Backend(String address, String hostname, String podUid, String node, boolean ready,
            boolean leaving, String portName, String protocol, int port) {}

    /** An address and a port. */
    public record Endpoint(String address, int port) {}

    public ServiceMap(Registry registry) {
        this.registry = registry;
    }

    /** Begins to follow; on the loop. */
    public void start() {
        registry.follow(this);
        registry.peek(GroupResource.SERVICES, "").forEach(this::putService);
        registry.peek(GroupResource.ENDPOINT_SLICES, "").forEach(this::putSlice);
    }

    /**
     * What stands behind a Service's address and port, in an order that is always the same: what is ready, or where
     * nothing is what ends and serves yet.
     *
     * @param node only on this one; empty: on all
     * @see <a href="https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-to-terminating-endpoints">there
     *      so too</a>
     */
    List<Endpoint> ready(String address, String protocol, int port, String node) {
        ObjectKey key = byAddress.get(address);
        Service service = key == null ? null : services.get(key);
        if (key == null || service == null) {
            return List.of();
        }
        List<Endpoint> ready = new ArrayList<>();
        List<Endpoint> leaving = new ArrayList<>();
        for (Port one : service.ports) {
            if (one.port == port && one.protocol.equals(protocol)) {
                for (Backend backend : backends(key)) {
                    if ((node.isEmpty() || backend.node.equals(node))
                            && backend.portName.equals(one.name)
                            && backend.protocol.equals(protocol)) {
                        Endpoint endpoint = new Endpoint(backend.address, backend.port);
                        if (backend.ready || service.unready) {
                            ready.add(endpoint);
                        } else if (backend.leaving) {
                            leaving.add(endpoint);
                        }
                    }
                }
            }
        }
        return ready.isEmpty() ? leaving : ready;
    }

    /** The Service that has an address. */
    Optional<Service> at(String address) {
        ObjectKey key = byAddress.get(address);
        return key == null ? Optional.empty() : Optional.ofNullable(services.get(key));
    }

    /** The Service of a name. */
    Optional<Service> service(String namespace, String name) {
        return Optional.ofNullable(
                services.get(new ObjectKey(GroupResource.SERVICES, namespace, name)));
    }

    /** Endpoints of a Service, ready or not, one entry a port. */
    List<Backend> backends(String namespace, String name) {
        return backends(new ObjectKey(GroupResource.SERVICES, namespace, name));
    }

    private List<Backend> backends(ObjectKey service) {
        List<Backend> all = new ArrayList<>();
        slices.getOrDefault(service, Map.of()).values().forEach(all::addAll);
        return all;
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            GroupResource type = change.object().key().type();
            boolean gone = change.kind() == Change.Kind.DELETED;
            if (type.equals(GroupResource.SERVICES)) {
                if (gone) {
                    forget(change.object().key());
                } else {
                    putService(change.object());
                }
            } else if (type.equals(GroupResource.ENDPOINT_SLICES)) {
                change.previous().ifPresent(this::removeSlice);
                if (gone) {
                    removeSlice(change.object());
                } else {
                    putSlice(change.object());
                }
            }
        }
    }

    private void forget(ObjectKey key) {
        Service old = services.remove(key);
        if (old != null) {
            byAddress.remove(old.address, key);
        }
    }

    private void putService(StoredObject stored) {
        forget(stored.key());
        JsonNode spec = stored.object().tree().path("spec");
        List<Port> ports = new ArrayList<>();
        for (JsonNode port : spec.path("ports")) {
            ports.add(new Port(port.path("name").asText(""), port.path("protocol").asText("TCP"),
                    port.path("port").asInt()));
        }
        String address = spec.path("clusterIP").asText("");
        boolean headless = address.isEmpty() || address.equals("None");
        Service service = new Service(headless ? "" : address, List.copyOf(ports),
                spec.path("type").asText("").equals("ExternalName")
                        ? withoutLastDot(spec.path("externalName").asText(""))
                        : "",
                affinity(spec),
                spec.path("publishNotReadyAddresses").asBoolean(false),
                spec.path("internalTrafficPolicy").asText("").equals("Local"),
                spec.path("externalTrafficPolicy").asText("").equals("Local"));
        services.put(stored.key(), service);
        if (!headless) {
            byAddress.put(address, stored.key());
        }
    }

    private static String withoutLastDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    private static Duration affinity(JsonNode spec) {
        return spec.path("sessionAffinity").asText("").equals("ClientIP")
                ? Duration.ofSeconds(spec.path("sessionAffinityConfig").path("clientIP")
                        .path("timeoutSeconds").asLong(AFFINITY_SECONDS))
                : Duration.ZERO;
    }

    private static Optional<ObjectKey> serviceOf(StoredObject slice) {
        return Optional.ofNullable(slice.labels().get(SERVICE_NAME)).map(
                name -> new ObjectKey(GroupResource.SERVICES, slice.key().namespace(), name));
    }

    private void removeSlice(StoredObject slice) {
        serviceOf(slice).ifPresent(service -> slices.computeIfPresent(service, (key, held) -> {
            Map<String, List<Backend>> rest = new TreeMap<>(held);
            rest.remove(slice.key().name());
            return rest.isEmpty() ? null : rest;
        }));
    }

    private void putSlice(StoredObject slice) {
        serviceOf(slice).ifPresent(service -> {
            Map<String, List<Backend>> all = new TreeMap<>(
                    slices.getOrDefault(service, Map.of()));
            all.put(slice.key().name(), read(slice.object()));
            slices.put(service, all);
        });
    }

    private static List<Backend> read(ApiObject slice) {
        List<Backend> backends = new ArrayList<>();
        for (JsonNode endpoint : slice.tree().path("endpoints")) {
            JsonNode conditions = endpoint.path("conditions");
            boolean ready = conditions.path("ready").asBoolean(true);
            boolean leaving = conditions.path("terminating").asBoolean(false)
                    && conditions.path("serving").asBoolean(ready);
            String address = endpoint.path("addresses").path(0).asText("");
            String node = endpoint.path("nodeName").asText("");
            for (JsonNode port : slice.tree().path("ports")) {
                backends.add(new Backend(address, endpoint.path("hostname").asText(""),
                        endpoint.path("targetRef").path("uid").asText(""), node, ready, leaving,
                        port.path("name").asText(""), port.path("protocol").asText("TCP"),
                        port.path("port").asInt()));
            }
            if (slice.tree().path("ports").isEmpty()) {
                backends.add(new Backend(address, endpoint.path("hostname").asText(""),
                        endpoint.path("targetRef").path("uid").asText(""), node, ready,
                        leaving, "", "", 0));
            }
        }
        return List.copyOf(backends);
    }

    @Override
    public void onProgress(long version) {
        // Nothing is kept by version.
    }

    @Override
    public void onClosed(String reason) {
        services.clear();
        byAddress.clear();
        slices.clear();
        start();
    }
}
