package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.CredentialCheck;
import io.beemesh.protocol.sidecar.RefusedException;
import io.beemesh.protocol.sidecar.Sealing;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This pod's end of connections with others. Those of this machine come and go through it as they are; with a
 * pod of another machine this side and that pod's sidecar first prove to each other who they are, and all
 * that follows is sealed between the two. On the loop only.
 */
final class MeshEnd {
    private static final Logger LOG = LoggerFactory.getLogger(MeshEnd.class);

    private final SidecarConfig config;
    private final Connecting machine;
    private final CredentialCheck check;
    private final Sealing sealing;

    /** Who asks for a connection to this pod. */
    interface Source {
        /** What to carry once the request was answered; fails with a {@link RefusedException}. */
        CompletableFuture<Carrier> accept(Carrier carrier);
    }

    MeshEnd(Host host, SidecarConfig config) {
        this.config = config;
        this.machine = new Connecting(host, Protocols.POD_CONNECT, SidecarConfig.CONNECT);
        this.check = new CredentialCheck(config.mesh(), host.loop()::wallTime);
        this.sealing = new Sealing(host.loop(), config.key(), new SecureRandom());
    }

    /** Asks the machine for a connection; fails with a {@link RefusedException}. */
    CompletableFuture<Carrier> open(ConnectRequest request) {
        return machine.open(config.machine(), request).thenCompose(carrier -> {
            byte[] credential = carrier.credential();
            if (credential.length == 0) {
                return CompletableFuture.completedFuture(carrier);
            }
            Optional<PeerId> peer = prove(credential);
            if (peer.isPresent()) {
                return sealing.dial(carrier, peer.get());
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
        return prove(request.credential()).map(peer -> carrier -> sealing.accept(carrier, peer));
    }

    private Optional<PeerId> prove(byte[] credential) {
        try {
            return Optional.of(check.prove(credential).peer());
        } catch (FormatException e) {
            LOG.debug("Credential refused reason=\"{}\"", e.getMessage());
            return Optional.empty();
        }
    }
}
