package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.network.Attachments;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.network.PodCredentials;
import io.beemesh.machine.network.PolicyGate;
import io.beemesh.machine.network.Relays;
import io.beemesh.machine.network.Route;
import io.beemesh.machine.network.Router;
import io.beemesh.machine.network.ServiceNames;
import io.beemesh.machine.network.Splice;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.RefusedException;
import io.beemesh.protocol.sidecar.Sealing;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Joins what pods ask for with where it goes. A way that fails before the first byte gives way to the next
 * one, which the pod does not notice. On the pods' loop only.
 */
final class PodConnections {
    static final Duration ACCEPT = Duration.ofSeconds(4);
    private static final Duration REQUEST = Duration.ofSeconds(15);

    private final Attachments pods;
    private final Router router;
    private final PolicyGate policies;
    private final NameServer names;
    private final Egress egress;
    private final Connecting sidecars;
    private final Connecting requests;
    private final Relays relays;
    private final PodCredentials credentials;
    private final Sealing sealing;

    /** Where connections of pods may go: on this machine, to another, out of the mesh. */
    record Ways(Router router, PolicyGate policies, Connecting sidecars, Relays relays,
            NameServer names,
            Egress egress) {}

    PodConnections(Host host, Attachments pods, Ways ways, PodCredentials credentials,
            Sealing sealing) {
        this.pods = pods;
        this.router = ways.router;
        this.policies = ways.policies;
        this.names = ways.names;
        this.egress = ways.egress;
        this.relays = ways.relays;
        this.credentials = credentials;
        this.sealing = sealing;
        this.sidecars = ways.sidecars;
        this.requests = new Connecting(host, Protocols.POD_CONNECT, REQUEST);
    }

    void start() {
        requests.serve(this::serve);
        relays.start();
    }

    /**
     * A connection from this machine itself to a pod of any machine.
     *
     * @param address a pod's, or a Service's
     * @param source the client's address; its connections keep to one endpoint where a Service says so; empty
     *     for this machine itself
     */
    CompletableFuture<Carrier> dial(String address, int port, String source) {
        if (ServiceNames.bytes(address).isEmpty() || port == 0) {
            return refused(ConnectStatus.UNREACHABLE);
        }
        CompletableFuture<Carrier> way = refused(ConnectStatus.UNREACHABLE);
        for (Route route : router.routes(request(address, port), source)) {
            PolicyGate.Connection connection = policies.connection(
                    () -> PolicyGate.client(source), route, request(address, port));
            way = way.exceptionallyCompose(failure -> policies.allows(connection)
                    ? open(route).thenApply(carrier -> {
                        policies.opened(connection, carrier.stream());
                        return carrier;
                    })
                    : refused(ConnectStatus.DENIED));
        }
        return way;
    }

    private CompletableFuture<Carrier> open(Route route) {
        return switch (route) {
            case Route.Pod pod -> sidecars.open(pod.peer(), request(pod.address(), pod.port()));
            case Route.Remote remote -> relays.open(remote,
                    request(remote.address(), remote.port()), credentials.ofMachine())
                    .thenCompose(this::seal);
            case Route.Nowhere nowhere -> refused(nowhere.why());
            case Route.Outside _,Route.NameServer _ -> refused(ConnectStatus.DENIED);
        };
    }

    private static ConnectRequest request(String address, int port) {
        return new ConnectRequest(Transport.TCP, ServiceNames.bytes(address).orElseThrow(), port);
    }

    private CompletableFuture<Carrier> seal(Carrier carrier) {
        Optional<PeerId> peer = relays.peerOf(carrier.credential());
        return peer.isPresent()
                ? sealing.dial(carrier, peer.get())
                : refused(ConnectStatus.DENIED);
    }

    private static CompletableFuture<Carrier> refused(ConnectStatus why) {
        return CompletableFuture.failedFuture(new RefusedException(why));
    }

    private void serve(Carrier source, ConnectRequest request) {
        PeerId peer = source.stream().remotePeer();
        Optional<Attachment> pod = pods.ofPeer(peer);
        if (pod.isEmpty()) {
            source.answer(ConnectStatus.DENIED);
            return;
        }
        new Attempt(source, request, pod.get(), router.routes(request, pod.get().uid()))
                .next(0, ConnectStatus.UNREACHABLE);
    }

    /** The tries for one request. */
    private final class Attempt {
        private final Carrier source;
        private final ConnectRequest request;
        private final Attachment pod;
        private final List<Route> routes;

        Attempt(Carrier source, ConnectRequest request, Attachment pod, List<Route> routes) {
            this.source = source;
            this.request = request;
            this.pod = pod;
            this.routes = routes;
        }

        void next(int next, ConnectStatus last) {
            if (next == routes.size()) {
                source.answer(last);
                return;
            }
            Route route = routes.get(next);
            PolicyGate.Connection connection = policies
                    .connection(() -> policies.party(pod), route, request);
            if (!policies.allows(connection)) {
                next(next + 1, ConnectStatus.DENIED);
                return;
            }
            switch (route) {
                case Route.Pod local when request.transport() == Transport.GROUP -> group(local);
                case Route.Pod local -> join(connection, sidecars.open(local.peer(),
                        new ConnectRequest(request.transport(),
                                ServiceNames.bytes(local.address()).orElseThrow(), local.port())),
                        next);
                case Route.Remote remote -> join(connection,
                        relays.open(remote, request, credentials.of(pod)), next);
                case Route.Outside outside -> {
                    policies.opened(connection, source.stream());
                    egress.open(source, request.transport(), outside,
                            status -> next(next + 1, status));
                }
                case Route.NameServer _ -> names.serve(source, request.transport());
                case Route.Nowhere nowhere -> next(next + 1, nowhere.why());
            }
        }

        /** Sealed between the two sidecars, as if the other pod were elsewhere: they prove who they are. */
        private void group(Route.Pod local) {
            Optional<Attachment> there = pods.ofPeer(local.peer()).filter(
                    other -> other.pod().namespace().equals(pod.pod().namespace()));
            if (there.isEmpty()) {
                source.answer(ConnectStatus.DENIED);
                return;
            }
            sidecars.open(local.peer(), request.from(credentials.of(pod)))
                    .whenComplete((target, failure) -> {
                        if (failure == null) {
                            source.accept(credentials.of(there.get()));
                            Splice.join(source, target);
                        } else {
                            source.answer(RefusedException.statusOf(failure));
                        }
                    });
        }

        private void join(PolicyGate.Connection connection, CompletableFuture<Carrier> opened,
                int next) {
            opened.whenComplete((target, failure) -> {
                if (failure == null) {
                    policies.opened(connection, source.stream());
                    source.accept(target.credential());
                    Splice.join(source, target);
                } else {
                    next(next + 1, RefusedException.statusOf(failure));
                }
            });
        }
    }
}
