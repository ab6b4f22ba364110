package io.beemesh.machine.network;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.Credential.Proven;
import io.beemesh.protocol.sidecar.CredentialCheck;
import io.beemesh.protocol.sidecar.RefusedException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections between this machine's pods and those of others. Each machine adds its word on its own pod to
 * the request and to the answer, and then only passes sealed bytes on. On the pods' loop only.
 */
public final class Relays {
    private static final Logger LOG = LoggerFactory.getLogger(Relays.class);
    /** Shorter than a sidecar waits, so that another endpoint can be tried. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final Attachments pods;
    private final PolicyGate policies;
    private final Connecting sidecars;
    private final GateStreams machines;
    private final PodCredentials credentials;
    private final CredentialCheck check;
    private final NetworkMeters meters;
    private final Function<String, Optional<PeerId>> members;

    /**
     * What it works with.
     *
     * @param sidecars of this machine
     * @param members the peer that is a node, if it can be reached; from any thread
     */
    public record Parts(Attachments pods, PolicyGate gate, Connecting sidecars,
            PodCredentials credentials, CredentialCheck check, NetworkMeters meters,
            Function<String, Optional<PeerId>> members) {}

    public Relays(GateStreams gate, Parts parts) {
        this.pods = parts.pods;
        this.policies = parts.gate;
        this.sidecars = parts.sidecars;
        this.credentials = parts.credentials;
        this.check = parts.check;
        this.meters = parts.meters;
        this.members = parts.members;
        this.machines = gate;
    }

    private Connecting connecting(String pod) {
        return new Connecting(machines.of(pod), Protocols.POD_RELAY, ANSWER);
    }

    /** Serves other machines; on the pods' loop. */
    public void start() {
        connecting("").serve(this::serve);
    }

    /**
     * Asks the machine of a pod for a connection to it; fails with a {@link RefusedException}, also if
     * another pod than the one of that address answers.
     *
     * @param credential of who asks
     * @param asking his pod's uid, or another word for whoever shares places with pods
     */
    public CompletableFuture<Carrier> open(Route.Remote route, ConnectRequest request,
            byte[] credential, String asking) {
        Optional<PeerId> machine = members.apply(route.node());
        if (machine.isEmpty()) {
            return CompletableFuture
                    .failedFuture(new RefusedException(ConnectStatus.UNREACHABLE));
        }
        ConnectRequest asked = new ConnectRequest(request.transport(),
                ServiceNames.bytes(route.address()).orElseThrow(), route.port(), credential);
        String share = switch (request.transport()) {
            case TCP, UDP -> asking;
            case GROUP, FENCE -> "";
        };
        return connecting(share).open(machine.get(), asked).thenCompose(carrier -> {
            Optional<Proven> there = prove(carrier.credential());
            if (there.filter(pod -> pod.machine().equals(machine.get())
                    && pod.address().equals(route.address())).isPresent()) {
                return CompletableFuture.completedFuture(carrier);
            }
            carrier.stream().reset();
            return CompletableFuture.failedFuture(new RefusedException(ConnectStatus.DENIED));
        });
    }

    /** Who is shown to be there by a credential, once it was verified. */
    public Optional<Proven> prove(byte[] credential) {
        try {
            return Optional.of(check.prove(credential));
        } catch (FormatException e) {
            LOG.debug("Credential refused reason=\"{}\"", e.getMessage());
            return Optional.empty();
        }
    }

    private void serve(Carrier source, ConnectRequest request) {
        Optional<Proven> asking = prove(request.credential())
                .filter(who -> who.machine().equals(source.stream().remotePeer()));
        if (asking.isEmpty()) {
            meters.refused(ConnectStatus.DENIED);
            source.answer(ConnectStatus.DENIED);
            return;
        }
        Optional<Attachment> pod = pods.ofAddress(ServiceNames.text(request.address()));
        if (pod.isEmpty()) {
            meters.refused(ConnectStatus.UNREACHABLE);
            source.answer(ConnectStatus.UNREACHABLE);
            return;
        }
        PolicyGate.Connection connection = new PolicyGate.Connection(
                () -> policies.party(asking.get()), () -> policies.party(pod.get()),
                request.transport(), request.port());
        if (!policies.allows(connection)) {
            meters.refused(ConnectStatus.DENIED);
            source.answer(ConnectStatus.DENIED);
            return;
        }
        sidecars.open(pod.get().peer(), request).whenComplete((target, failure) -> {
            if (failure == null) {
                source.accept(credentials.of(pod.get()));
                policies.opened(connection, source.stream());
                meters.relayed().increment();
                Splice.join(source, target, meters.bytes());
            } else {
                ConnectStatus why = RefusedException.statusOf(failure);
                meters.refused(why);
                source.answer(why);
            }
        });
    }
}
