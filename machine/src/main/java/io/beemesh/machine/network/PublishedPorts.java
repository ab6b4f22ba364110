package io.beemesh.machine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.service.LoadBalancers;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which ports of this machine lead into the mesh, and where to: node ports of Services, the own ports of
 * those of type LoadBalancer, host ports of this machine's pods. On the node's loop only.
 */
public final class PublishedPorts implements WatchListener {
    private static final int PORTS_MAX = 4096;

    private final Registry registry;
    private final Binder binder;
    /** By Service or pod; of two that want one port the first by name has it. */
    private final Map<String, Map<HostPort, Target>> wanted = new TreeMap<>();
    private Map<HostPort, Target> bound = Map.of();

    /**
     * A port of this machine.
     *
     * @param transport TCP or UDP
     * @param ip empty for all addresses
     */
    public record HostPort(Transport transport, String ip, int port) {}

    /**
     * Where what comes to a port goes.
     *
     * @param to an address of a Service or a pod
     * @param sources ranges of clients that are let in; empty: all
     */
    public record Target(Endpoint to, List<String> sources) {
        public Target {
            sources = List.copyOf(sources);
        }

        Target(Endpoint to) {
            this(to, List.of());
        }
    }

    /** Opens and closes ports. */
    public interface Binder {
        void bind(HostPort port, Target to);

        void unbind(HostPort port);
    }

    public PublishedPorts(Registry registry, Binder binder) {
        this.registry = registry;
        this.binder = binder;
    }

    /** Begins to follow Services. */
    public void start() {
        registry.follow(this);
        registry.peek(GroupResource.SERVICES, "").forEach(this::note);
        apply();
    }

    /** A pod of this machine is at an address. */
    public void put(ApiObject pod, String address) {
        Map<HostPort, Target> ports = new LinkedHashMap<>();
        for (JsonNode container : pod.tree().path("spec").path("containers")) {
            for (JsonNode port : container.path("ports")) {
                int hostPort = port.path("hostPort").asInt(0);
                transport(port).filter(of -> hostPort > 0).ifPresent(of -> ports.put(
                        new HostPort(of, port.path("hostIP").asText(""), hostPort),
                        new Target(new Endpoint(address, port.path("containerPort").asInt()))));
            }
        }
        set("pod/" + pod.uid(), ports);
        apply();
    }

    /** The pod is gone. */
    public void remove(String podUid) {
        set("pod/" + podUid, Map.of());
        apply();
    }

    private void note(StoredObject service) {
        JsonNode spec = service.object().tree().path("spec");
        String address = spec.path("clusterIP").asText("");
        Map<HostPort, Target> ports = new LinkedHashMap<>();
        for (JsonNode port : spec.path("ports")) {
            int nodePort = port.path("nodePort").asInt(0);
            transport(port).filter(of -> nodePort > 0)
                    .ifPresent(of -> ports.put(new HostPort(of, "", nodePort),
                            new Target(new Endpoint(address, port.path("port").asInt()))));
        }
        for (LoadBalancers.Port port : LoadBalancers.ports(spec)) {
            ports.put(new HostPort(Transport.valueOf(port.protocol()), "", port.number()),
                    new Target(new Endpoint(address, port.number()),
                            LoadBalancers.sources(spec)));
        }
        set(owner(service), ports);
    }

    /** Empty if it is another one than TCP and UDP. */
    private static Optional<Transport> transport(JsonNode port) {
        return switch (port.path("protocol").asText("TCP")) {
            case "TCP" -> Optional.of(Transport.TCP);
            case "UDP" -> Optional.of(Transport.UDP);
            default -> Optional.empty();
        };
    }

    private static String owner(StoredObject service) {
        // In the order of keys: the controller of load balancers says by it who has a port.
        return "service/" + service.key().namespace() + "\0" + service.key().name();
    }

    private void set(String owner, Map<HostPort, Target> ports) {
        if (ports.isEmpty()) {
            wanted.remove(owner);
        } else {
            wanted.put(owner, ports);
        }
    }

    private void apply() {
        Map<HostPort, Target> next = new LinkedHashMap<>();
        wanted.values().forEach(ports -> ports.forEach((port, to) -> {
            if (next.size() < PORTS_MAX) {
                next.putIfAbsent(port, to);
            }
        }));
        Map<HostPort, Target> before = bound;
        bound = next;
        before.forEach((port, to) -> {
            if (!to.equals(next.get(port))) {
                binder.unbind(port);
            }
        });
        next.forEach((port, to) -> {
            if (!to.equals(before.get(port))) {
                binder.bind(port, to);
            }
        });
    }

    @Override
    public void onChanges(List<Change> changes) {
        boolean relevant = false;
        for (Change change : changes) {
            StoredObject object = change.object();
            if (object.key().type().equals(GroupResource.SERVICES)) {
                relevant = true;
                if (change.kind() == Change.Kind.DELETED) {
                    set(owner(object), Map.of());
                } else {
                    note(object);
                }
            }
        }
        if (relevant) {
            apply();
        }
    }

    @Override
    public void onProgress(long version) {
        // Nothing is kept by version.
    }

    @Override
    public void onClosed(String reason) {
        wanted.keySet().removeIf(owner -> owner.startsWith("service/"));
        start();
    }
}
