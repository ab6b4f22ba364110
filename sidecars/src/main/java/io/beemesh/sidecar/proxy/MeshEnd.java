package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.netty.NettyChaChaPoly;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.Credential.Proven;
import io.beemesh.protocol.sidecar.CredentialCheck;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.Fences;
import io.beemesh.protocol.sidecar.Gate;
import io.beemesh.protocol.sidecar.RefusedException;
import io.beemesh.protocol.sidecar.Sealing;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This pod's end of connections with others. Those of this machine come and go through it as they are; with a
 * pod of another machine this side and that pod's sidecar first prove to each other who they are, and all
 * that follows is sealed between the two. So it is with a pod of a StatefulSet on this machine, whose bytes
 * count only while it is proven that no other pod has its ordinal ({@link Fences}). On the loop only.
 */
final class MeshEnd {
    private static final Logger LOG = LoggerFactory.getLogger(MeshEnd.class);

    private final SidecarConfig config;
    private final Connecting machine;
    private final CredentialCheck check;
    private final Sealing sealing;
    private final Fences fences;
    private Optional<Gate> own = Optional.empty();

    /** Who asks for a connection to this pod. */
    interface Source {
        /** What to carry once the request was answered; fails with a {@link RefusedException}. */
        CompletableFuture<Carrier> accept(Carrier carrier);
    }

    MeshEnd(Host host, SidecarConfig config) {
        this.config = config;
        this.machine = new Connecting(host, Protocols.POD_CONNECT, SidecarConfig.CONNECT);
        this.check = new CredentialCheck(config.mesh(), host.loop()::wallTime);
        SecureRandom random = new SecureRandom();
        this.sealing = new Sealing(host.loop(), config.key(), random,
                new NettyChaChaPoly());
        this.fences = new Fences(host.loop(), FenceTiming.defaults(), random, this::challenge);
    }

    /** This pod is of a StatefulSet: what is sent to it, it gets while this is open. */
    void fence(Gate gate) {
        own = Optional.of(gate);
    }

    private CompletableFuture<Carrier> challenge(String address) {
        try {
            return open(new ConnectRequest(Transport.FENCE,
                    InetAddress.ofLiteral(address).getAddress(), ConnectRequest.NO_PORT));
        } catch (IllegalArgumentException e) {
            return CompletableFuture
                    .failedFuture(new RefusedException(ConnectStatus.UNREACHABLE));
        }
    }

    private List<Gate> gates(Transport transport, Proven peer) {
        List<Gate> gates = new ArrayList<>();
        if (transport == Transport.TCP || transport == Transport.UDP) {
            own.ifPresent(gates::add);
            if (peer.isFenced()) {
                gates.add(fences.of(peer.peer(), peer.address()));
            }
        }
        return gates;
    }

    /** Asks the machine for a connection; fails with a {@link RefusedException}. */
    CompletableFuture<Carrier> open(ConnectRequest request) {
        return machine.open(config.machine(), request).thenCompose(carrier -> {
            byte[] credential = carrier.credential();
            if (credential.length == 0) {
                return CompletableFuture.completedFuture(carrier);
            }
            Optional<Proven> peer = prove(credential);
            if (peer.isPresent()) {
                return sealing.dial(carrier, peer.get().peer(),
                        gates(request.transport(), peer.get()));
            }
            carrier.stream().reset();
            return CompletableFuture.failedFuture(new RefusedException(ConnectStatus.DENIED));
        });
    }

    /** Who asks; empty if that is not proven. */
    Optional<Source> source(ConnectRequest request) {
        if (!request.isSealed()) {
            return Optional.of(CompletableFuture::completedFuture);
        }
        return prove(request.credential()).map(peer -> carrier -> sealing.accept(carrier,
                peer.peer(), gates(request.transport(), peer)));
    }

    private Optional<Proven> prove(byte[] credential) {
        try {
            return Optional.of(check.prove(credential));
        } catch (FormatException e) {
            LOG.debug("Credential refused reason=\"{}\"", e.getMessage());
            return Optional.empty();
        }
    }
}
