package io.beemesh.machine.network;

import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.machine.network.ServiceMap.Service;
import io.beemesh.machine.service.ServiceRange;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectStatus;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Says where a pod's connection goes, by what the registry says at this moment: an endpoint that is no longer
 * ready gets no new connection. Used by one thread.
 */
public final class Router {
    /** Endpoints of a Service that one connection tries. */
    private static final int ENDPOINTS_MAX = 3;
    private static final int DNS_PORT = 53;

    /**
     * From where a Service is asked for: which of its endpoints count.
     *
     * @see <a href="https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies">traffic policies</a>
     */
    public enum Origin {
        /** By its address, by a pod or this machine: as {@code internalTrafficPolicy} says. */
        INSIDE,
        /** By a port of this machine, from elsewhere: as {@code externalTrafficPolicy} says. */
        OUTSIDE,
        /** By such a port from this machine itself: all. */
        OWN_PORT
    }

    private final ServiceMap services;
    private final Attachments pods;
    private final String node;
    private final Function<String, Optional<String>> nodeOf;
    private final Balancer balancer;

    /**
     * @param node this one's name
     * @param nodeOf which node the pod of an address is on
     * @param nanoTime of the loop
     */
    public Router(ServiceMap services, Attachments pods, String node,
            Function<String, Optional<String>> nodeOf, LongSupplier nanoTime) {
        this.services = services;
        this.pods = pods;
        this.node = node;
        this.nodeOf = nodeOf;
        this.balancer = new Balancer(nanoTime);
    }

    /** The ways to try for a pod, the first one first; never empty. */
    public List<Route> routes(ConnectRequest request, String sourceUid) {
        return routes(request, sourceUid, Origin.INSIDE);
    }

    /** The same for others; {@code source} tells clients apart that keep to one endpoint. */
    public List<Route> routes(ConnectRequest request, String source, Origin origin) {
        byte[] bytes = request.address();
        if (bytes.length != 4) {
            return List.of(new Route.Nowhere(ConnectStatus.UNREACHABLE));
        }
        String address = ServiceNames.text(bytes);
        if (address.equals(ServiceRange.DNS_ADDRESS) && request.port() == DNS_PORT) {
            return List.of(new Route.NameServer());
        }
        Optional<Service> service = services.at(address);
        if (service.isEmpty()) {
            return List.of(ServiceRange.contains(address)
                    ? new Route.Nowhere(ConnectStatus.UNREACHABLE)
                    : target(address, request.port()));
        }
        boolean isLocal = switch (origin) {
            case INSIDE -> service.get().isLocalInside();
            case OUTSIDE -> service.get().isLocalOutside();
            case OWN_PORT -> false;
        };
        List<Endpoint> ready = services.ready(address, request.transport().name(),
                request.port(), isLocal ? node : "");
        if (ready.isEmpty()) {
            return List.of(new Route.Nowhere(
                    isLocal ? ConnectStatus.UNREACHABLE : ConnectStatus.REFUSED));
        }
        return balancer.order(address, request.port(), ready, source, service.get().affinity())
                .stream().limit(ENDPOINTS_MAX)
                .map(endpoint -> target(endpoint.address(), endpoint.port())).toList();
    }

    private Route target(String address, int port) {
        byte[] bytes = ServiceNames.bytes(address).orElse(new byte[4]);
        Attachment pod = pods.ofAddress(address).orElse(null);
        if (pod != null) {
            return new Route.Pod(pod.peer(), address, port);
        }
        if (PodRange.contains(bytes)) {
            Optional<String> other = nodeOf.apply(address).filter(name -> !name.equals(node));
            return other.isPresent()
                    ? new Route.Remote(other.get(), address, port)
                    : new Route.Nowhere(ConnectStatus.UNREACHABLE);
        }
        boolean special = bytes[0] == 0 || bytes[0] == 127 || (bytes[0] & 0xff) >= 224;
        return special
                ? new Route.Nowhere(ConnectStatus.DENIED)
                : new Route.Outside(address, port);
    }
}
