package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.netty.NettyChaChaPoly;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.metrics.Counter;
import io.beemesh.machine.network.Attachments;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.network.NetworkMeters;
import io.beemesh.machine.network.PodCredentials;
import io.beemesh.machine.network.PolicyGate;
import io.beemesh.machine.network.Relays;
import io.beemesh.machine.network.Route;
import io.beemesh.machine.network.Router;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.machine.network.ServiceNames;
import io.beemesh.machine.network.Splice;
import io.beemesh.machine.network.policy.Party;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.Credential.Proven;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.Fences;
import io.beemesh.protocol.sidecar.Gate;
import io.beemesh.protocol.sidecar.RefusedException;
import io.beemesh.protocol.sidecar.Sealing;
import java.security.SecureRandom;
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

    /** Among those who share streams to other machines. */
    private static final String MACHINE = "machine";

    private final Loop loop;
    private final Attachments pods;
    private final Router router;
    private final PolicyGate policies;
    private final NameServer names;
    private final Egress egress;
    private final NetworkMeters meters;
    private final Connecting sidecars;
    private final Connecting requests;
    private final Relays relays;
    private final PodCredentials credentials;
    private final Sealing sealing;
    private final Fences fences;
    private final OwnAddresses own;

    /** Where connections of pods may go: on this machine, to another, out of the mesh. */
    record Ways(Router router, PolicyGate policies, Connecting sidecars, Relays relays,
            NameServer names, Egress egress, NetworkMeters meters) {}

    PodConnections(Host host, Attachments pods, Ways ways, PodCredentials credentials,
            SecureRandom random, PrivateKey key) {
        this.loop = host.loop();
        this.pods = pods;
        this.router = ways.router;
        this.policies = ways.policies;
        this.names = ways.names;
        this.egress = ways.egress;
        this.meters = ways.meters;
        this.relays = ways.relays;
        this.credentials = credentials;
        this.sealing = new Sealing(host.loop(), key, random, new NettyChaChaPoly());
        this.fences = new Fences(host.loop(), FenceTiming.defaults(), random, this::challenge);
        this.own = new OwnAddresses(loop);
        this.sidecars = ways.sidecars;
        this.requests = new Connecting(host, Protocols.POD_CONNECT, REQUEST);
    }

    void start() {
        requests.serve(this::serve);
        relays.start();
    }

    /**
     * A connection, or a flow of datagrams, from this machine itself to a pod of any machine. Bytes of a StatefulSet's
     * pod are held back until it is proven that it has its ordinal, except for this machine's own questions to one pod.
     *
     * @param to a pod's address and port, or a Service's
     * @param source the client's address; its connections keep to one endpoint where a Service says so; empty
     *     for this machine itself
     */
    CompletableFuture<Carrier> dial(Transport transport, Endpoint to, String source) {
        if (ServiceNames.bytes(to.address()).isEmpty() || to.port() == 0) {
            return refused(ConnectStatus.UNREACHABLE);
        }
        CompletableFuture<Carrier> way = refused(ConnectStatus.UNREACHABLE);
        Wish wish = new Wish(transport, to.address(), source);
        ConnectRequest request = wish.request(to.address(), to.port());
        for (Route route : router.routes(request, source, origin(source))) {
            PolicyGate.Connection connection = policies
                    .connection(() -> PolicyGate.client(source), route, request);
            way = way.exceptionallyCompose(failure -> policies.allows(connection)
                    ? open(route, wish).thenApply(carrier -> {
                        policies.opened(connection, carrier.stream());
                        meters.gateway().increment();
                        return carrier;
                    })
                    : refused(ConnectStatus.DENIED));
        }
        return way.whenComplete((carrier, failure) -> {
            if (failure != null) {
                meters.refused(RefusedException.statusOf(failure));
            }
        });
    }

    private Router.Origin origin(String source) {
        if (source.isEmpty()) {
            return Router.Origin.INSIDE;
        }
        return PolicyGate.client(source) instanceof Party.Machine || own.contain(source)
                ? Router.Origin.OWN_PORT
                : Router.Origin.OUTSIDE;
    }

    /** What a client of this machine asked for. */
    private record Wish(Transport transport, String address, String source) {
        /** False for probes and the like, which are to see the pod as it is. */
        boolean isFenced(String pod) {
            return !source.isEmpty() || !pod.equals(address);
        }

        ConnectRequest request(String pod, int port) {
            return new ConnectRequest(transport, ServiceNames.bytes(pod).orElseThrow(), port);
        }
    }

    private CompletableFuture<Carrier> open(Route route, Wish wish) {
        return switch (route) {
            case Route.Pod pod -> {
                boolean fenced = wish.isFenced(pod.address())
                        && pods.ofPeer(pod.peer()).filter(Attachment::isFenced).isPresent();
                ConnectRequest request = wish.request(pod.address(), pod.port());
                yield fenced
                        ? sealed(pod, request, List.of(fences.of(pod.peer(), pod.address())))
                        : sidecars.open(pod.peer(), request);
            }
            case Route.Remote remote ->
                sealed(remote, wish.request(remote.address(), remote.port()),
                        wish.isFenced(remote.address()));
            case Route.Nowhere nowhere -> refused(nowhere.why());
            case Route.Outside _,Route.NameServer _ -> refused(ConnectStatus.DENIED);
        };
    }

    private CompletableFuture<Carrier> sealed(Route.Pod pod, ConnectRequest request,
            List<Gate> gates) {
        return sidecars.open(pod.peer(), request.from(credentials.ofMachine()))
                .thenCompose(carrier -> sealing.dial(carrier, pod.peer(), gates));
    }

    private CompletableFuture<Carrier> sealed(Route.Remote pod, ConnectRequest request,
            boolean isFenced) {
        return relays.open(pod, request, credentials.ofMachine(), MACHINE).thenCompose(carrier -> {
            Optional<Proven> there = relays.prove(carrier.credential());
            if (there.isEmpty()) {
                return refused(ConnectStatus.DENIED);
            }
            List<Gate> gates = isFenced && there.get().isFenced()
                    ? List.of(fences.of(there.get().peer(), there.get().address()))
                    : List.of();
            return sealing.dial(carrier, there.get().peer(), gates);
        });
    }

    private CompletableFuture<Carrier> challenge(String address) {
        ConnectRequest request = new ConnectRequest(Transport.FENCE,
                ServiceNames.bytes(address).orElseThrow(), ConnectRequest.NO_PORT);
        return switch (router.routes(request, "").getFirst()) {
            case Route.Pod pod -> sealed(pod, request, List.of());
            case Route.Remote remote -> sealed(remote, request, false);
            case Route.Outside _,Route.NameServer _,Route.Nowhere _ ->
                refused(ConnectStatus.UNREACHABLE);
        };
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
        private final long beganNanos = loop.nanoTime();

        Attempt(Carrier source, ConnectRequest request, Attachment pod, List<Route> routes) {
            this.source = source;
            this.request = request;
            this.pod = pod;
            this.routes = routes;
        }

        void next(int next, ConnectStatus last) {
            if (next == routes.size()) {
                meters.refused(last);
                source.answer(last);
                return;
            }
            if (next > 0) {
                meters.retried().increment();
            }
            Route route = routes.get(next);
            PolicyGate.Connection connection = policies
                    .connection(() -> policies.party(pod), route, request);
            if (!policies.allows(connection)) {
                next(next + 1, ConnectStatus.DENIED);
                return;
            }
            switch (route) {
                case Route.Pod local when isSealed(local) -> sealed(connection, local, next);
                case Route.Pod local -> join(
                        connection, meters.within(), sidecars.open(local.peer(),
                                new ConnectRequest(request.transport(),
                                        ServiceNames.bytes(local.address()).orElseThrow(),
                                        local.port())),
                        next);
                case Route.Remote remote -> join(connection, meters.across(),
                        relays.open(remote, request, credentials.of(pod), pod.uid()), next);
                case Route.Outside outside -> {
                    policies.opened(connection, source.stream());
                    egress.open(source, request.transport(), outside,
                            () -> opened(meters.outside()), status -> next(next + 1, status));
                }
                case Route.NameServer _ -> names.serve(source, request.transport());
                case Route.Nowhere nowhere -> next(next + 1, nowhere.why());
            }
        }

        /** True if one of the two is of a StatefulSet: then each is to know who the other is. */
        private boolean isSealed(Route.Pod local) {
            return switch (request.transport()) {
                case TCP, UDP -> pod.isFenced()
                        || pods.ofPeer(local.peer()).filter(Attachment::isFenced).isPresent();
                case GROUP, FENCE -> true;
            };
        }

        /** Sealed between the two sidecars, as if the other pod were elsewhere: they prove who they are. */
        private void sealed(PolicyGate.Connection connection, Route.Pod local, int next) {
            Optional<Attachment> there = pods.ofPeer(local.peer())
                    .filter(other -> request.transport() != Transport.GROUP
                            || other.pod().namespace().equals(pod.pod().namespace()));
            if (there.isEmpty()) {
                next(next + 1, ConnectStatus.DENIED);
                return;
            }
            join(connection, meters.within(), sidecars.open(local.peer(),
                    new ConnectRequest(request.transport(),
                            ServiceNames.bytes(local.address()).orElseThrow(), local.port(),
                            credentials.of(pod))),
                    credentials.of(there.get()), next);
        }

        private void opened(Counter way) {
            way.increment();
            meters.connecting().observe(Duration.ofNanos(loop.nanoTime() - beganNanos));
        }

        private void join(PolicyGate.Connection connection, Counter way,
                CompletableFuture<Carrier> opening, int next) {
            join(connection, way, opening, new byte[0], next);
        }

        private void join(PolicyGate.Connection connection, Counter way,
                CompletableFuture<Carrier> opening, byte[] localCredential, int next) {
            opening.whenComplete((target, failure) -> {
                if (failure == null) {
                    policies.opened(connection, source.stream());
                    source.accept(localCredential.length > 0
                            ? localCredential
                            : target.credential());
                    opened(way);
                    Splice.join(source, target, meters.bytes());
                } else {
                    next(next + 1, RefusedException.statusOf(failure));
                }
            });
        }
    }
}
