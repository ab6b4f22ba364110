package io.beemesh.machine.membership;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import io.beemesh.protocol.membership.JoinAnswer;
import io.beemesh.protocol.membership.JoinRequest;
import io.beemesh.protocol.membership.JoinToken;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The asking side of joining and of renewal. On the loop only. */
public final class Joining {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Duration ADDRESS_LIFE = Duration.ofHours(1);

    private Joining() {}

    /**
     * Shows a token to its issuer. What comes back is verified: the certificate is this machine's, and
     * signed by the very mesh that the token names. Fails with a {@link JoinException}.
     */
    public static CompletableFuture<JoinAnswer.Admitted> join(Host host, JoinToken token,
            JoinRequest request) {
        host.loop().assertInside();
        host.addressBook().add(token.issuer(), token.addresses(), ADDRESS_LIFE);
        return new Exchange(host, Protocols.JOIN, JoinAnswer.BYTES_MAX, TIMEOUT)
                .ask(token.issuer(), request.toBytes())
                .handle((answer, failure) -> failure == null
                        ? CompletableFuture.completedFuture(answer)
                        : CompletableFuture.<byte[]>failedFuture(new JoinException(
                                "the issuer at " + token.addresses() + " does not answer: "
                                        + failure.getMessage())))
                .thenCompose(answer -> answer)
                .thenCompose(answer -> verified(answer, token.mesh(), host.peerId()));
    }

    /** Asks an issuer, through the gate, for certificates with a new life. */
    public static CompletableFuture<JoinAnswer.Admitted> renew(CertificateGate gate, PeerId issuer,
            MeshId mesh, JoinRequest request) {
        return new Exchange(gate, Protocols.RENEW, JoinAnswer.BYTES_MAX, TIMEOUT)
                .ask(issuer, request.toBytes())
                .thenCompose(answer -> verified(answer, mesh, gate.peerId()));
    }

    private static CompletableFuture<JoinAnswer.Admitted> verified(byte[] bytes, MeshId mesh,
            PeerId self) {
        try {
            return switch (JoinAnswer.fromBytes(bytes)) {
                case JoinAnswer.Refused refused ->
                    CompletableFuture.failedFuture(new JoinException(refused.text()));
                case JoinAnswer.Admitted admitted -> {
                    MembershipCertificate certificate = MembershipCertificate
                            .open(admitted.certificate(), mesh);
                    yield certificate.peer().equals(self)
                            ? CompletableFuture.completedFuture(admitted)
                            : CompletableFuture.failedFuture(new JoinException(
                                    "the issuer gave the certificate of another machine"));
                }
            };
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(
                    new JoinException("the issuer is not of mesh " + mesh + ": "
                            + e.getMessage()));
        }
    }
}
