package io.beemesh.machine.network;

import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.sidecar.Credential;
import io.beemesh.protocol.sidecar.PodIdentity;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * This machine's word on its pods, to be shown to other machines' pods. Each is good for an hour and made
 * anew after half of it, or when the certificate behind it was renewed. On one loop only.
 */
public final class PodCredentials {
    private static final Duration LIFE = Duration.ofHours(1);
    private static final int KEPT_MAX = 4096;

    private final PrivateKey key;
    private final Supplier<MembershipCertificate> certificate;
    private final Supplier<Instant> clock;
    private final Map<Attachment, Made> made = new LinkedHashMap<>();

    private record Made(byte[] credential, MembershipCertificate certificate, Instant fresh) {}

    /** @param certificate this machine's, as it is now; from any thread */
    public PodCredentials(PrivateKey key, Supplier<MembershipCertificate> certificate,
            Supplier<Instant> clock) {
        this.key = key;
        this.certificate = certificate;
        this.clock = clock;
    }

    /** This machine itself. */
    public byte[] ofMachine() {
        return new Credential(certificate.get().toBytes(), new byte[0]).toBytes();
    }

    /** One of its pods. */
    public byte[] of(Attachment pod) {
        Instant now = clock.get();
        MembershipCertificate own = certificate.get();
        Made before = made.get(pod);
        if (before != null && before.certificate == own && now.isBefore(before.fresh)) {
            return before.credential.clone();
        }
        byte[] identity = new PodIdentity(own.mesh().root(), pod.pod().namespace(),
                pod.pod().name(), pod.uid(), pod.serviceAccount(), pod.peer(), pod.address(),
                now.plus(LIFE)).fenced(pod.isFenced()).sealedBy(key);
        byte[] credential = new Credential(own.toBytes(), identity).toBytes();
        made.remove(pod);
        made.put(pod, new Made(credential, own, now.plus(LIFE.dividedBy(2))));
        if (made.size() > KEPT_MAX) {
            made.remove(made.keySet().iterator().next());
        }
        return credential.clone();
    }
}
