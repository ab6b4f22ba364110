package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.network.Attachments;
import io.beemesh.machine.network.Attachments.Attachment;
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
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Joins what pods ask for with where it goes. A way that fails before the first byte gives way to the next
 * one, which the pod does not notice. On the pods' loop only.
 */
final class PodConnections {
    private static final Duration ACCEPT = Duration.ofSeconds(4);
    private static final Duration REQUEST = Duration.ofSeconds(15);

    private final Attachments pods;
    private final Router router;
    private final NameServer names;
    private final Egress egress;
    private final Connecting sidecars;
    private final Connecting requests;

    PodConnections(Host host, Attachments pods, Router router, NameServer names,
            Egress egress) {
        this.pods = pods;
        this.router = router;
        this.names = names;
        this.egress = egress;
        this.sidecars = new Connecting(host, Protocols.POD_ACCEPT, ACCEPT);
        this.requests = new Connecting(host, Protocols.POD_CONNECT, REQUEST);
    }

    void start() {
        requests.serve(this::serve);
    }

    /** A connection from this machine itself to a pod of it. */
    CompletableFuture<Carrier> dial(String address, int port) {
        Optional<Attachment> pod = pods.ofAddress(address);
        Optional<byte[]> bytes = ServiceNames.bytes(address);
        if (pod.isEmpty() || bytes.isEmpty() || port == 0) {
            return CompletableFuture
                    .failedFuture(new RefusedException(ConnectStatus.UNREACHABLE));
        }
        return sidecars.open(pod.get().peer(),
                new ConnectRequest(Transport.TCP, bytes.get(), port));
    }

    private void serve(Carrier source, ConnectRequest request) {
        PeerId peer = source.stream().remotePeer();
        Optional<Attachment> pod = pods.ofPeer(peer);
        if (pod.isEmpty()) {
            source.answer(ConnectStatus.DENIED);
            return;
        }
        attempt(source, request, router.routes(request, pod.get().uid()), 0,
                ConnectStatus.UNREACHABLE);
    }

    private void attempt(Carrier source, ConnectRequest request, List<Route> routes, int next,
            ConnectStatus last) {
        if (next == routes.size()) {
            source.answer(last);
            return;
        }
        switch (routes.get(next)) {
            case Route.Pod pod -> sidecars.open(pod.peer(),
                    new ConnectRequest(request.transport(),
                            ServiceNames.bytes(pod.address()).orElseThrow(), pod.port()))
                    .whenComplete((target, failure) -> {
                        if (failure == null) {
                            source.answer(ConnectStatus.OK);
                            Splice.join(source, target);
                        } else {
                            attempt(source, request, routes, next + 1,
                                    RefusedException.statusOf(failure));
                        }
                    });
            case Route.Outside outside -> egress.open(source, request.transport(), outside,
                    status -> attempt(source, request, routes, next + 1, status));
            case Route.NameServer ignored -> names.serve(source, request.transport());
            case Route.Nowhere nowhere -> attempt(source, request, routes, next + 1,
                    nowhere.why());
        }
    }
}
