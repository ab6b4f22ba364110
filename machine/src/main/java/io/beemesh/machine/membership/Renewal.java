package io.beemesh.machine.membership;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.membership.JoinAnswer;
import io.beemesh.protocol.membership.JoinRequest;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps certificates from ending: looks at them every ten minutes, and asks an issuer for new ones when
 * they are due, long before their end. An issuer renews its own membership itself. On the loop only.
 */
public final class Renewal {
    private static final Logger LOG = LoggerFactory.getLogger(Renewal.class);
    private static final Duration INTERVAL = Duration.ofMinutes(10);
    private static final Duration RETRY = Duration.ofSeconds(20);
    private static final Duration FIRST = Duration.ofSeconds(5);

    private final CertificateGate gate;
    private final Credentials credentials;
    private final Membership membership;
    private final MembershipStore store;
    private final RandomGenerator random;
    private final Api api;
    private @Nullable Issuer issuer;

    /** The certificates of the API, which live outside the loop. */
    public interface Api {
        /** What to ask for; empty if the API's certificates are good and {@code membership} is false. */
        Optional<JoinRequest> due(boolean membership);

        /** Takes what was issued for the last {@link #due}. */
        void renewed(JoinAnswer.Admitted answer);

        /** An issuer's own certificates of the API are looked at. */
        void renewOwn();
    }

    public Renewal(CertificateGate gate, Credentials credentials, Membership membership,
            MembershipStore store, RandomGenerator random, Api api) {
        this.gate = gate;
        this.credentials = credentials;
        this.membership = membership;
        this.store = store;
        this.random = random;
        this.api = api;
    }

    /** This node is an issuer. */
    public void issuer(Issuer self) {
        issuer = self;
    }

    public void start() {
        plan(FIRST);
    }

    private void plan(Duration delay) {
        gate.loop().schedule(delay, this::look);
    }

    private void look() {
        Loop loop = gate.loop();
        boolean due = credentials.own().isDueForRenewal(loop.wallTime());
        Issuer own = issuer;
        if (own != null) {
            if (due) {
                take(own.renewOwn());
            }
            api.renewOwn();
            plan(INTERVAL);
            return;
        }
        Optional<JoinRequest> request = api.due(due);
        if (request.isEmpty()) {
            plan(INTERVAL);
            return;
        }
        List<PeerId> issuers = issuers();
        if (issuers.isEmpty()) {
            LOG.warn("Certificates are due and no issuer is in reach until={}",
                    credentials.own().until());
            plan(RETRY);
            return;
        }
        PeerId chosen = issuers.get(random.nextInt(issuers.size()));
        Joining.renew(gate, chosen, credentials.mesh(), request.get())
                .whenComplete((answer, failure) -> {
                    if (failure != null) {
                        LOG.warn("Certificates not renewed issuer={} reason=\"{}\"", chosen,
                                failure.getMessage());
                        plan(RETRY);
                        return;
                    }
                    take(answer);
                    plan(INTERVAL);
                });
    }

    private List<PeerId> issuers() {
        List<PeerId> issuers = new ArrayList<>();
        for (MemberStatus member : membership.snapshot()) {
            if (member.certificate().role() == Role.ISSUER
                    && member.state() == MemberState.ALIVE
                    && !member.peer().equals(gate.peerId())) {
                issuers.add(member.peer());
            }
        }
        return issuers;
    }

    private void take(JoinAnswer.Admitted answer) {
        try {
            take(MembershipCertificate.open(answer.certificate(), credentials.mesh()));
            api.renewed(answer);
        } catch (FormatException e) {
            LOG.error("Renewed certificate is not right reason=\"{}\"", e.getMessage());
        }
    }

    private void take(MembershipCertificate certificate) {
        credentials.renewed(certificate);
        store.keep(MembershipStore.CERTIFICATE, certificate.toBytes());
        gate.showAgain();
        LOG.info("Membership renewed until={}", certificate.until());
    }
}
