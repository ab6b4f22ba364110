package io.beemesh.machine.membership;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.membership.MembershipCertificate;
import java.time.Instant;
import java.util.List;

/**
 * One member at one moment.
 *
 * @param heard when it was heard of last, by this node's clock; the epoch if never
 */
public record MemberStatus(MembershipCertificate certificate, MemberState state, Instant heard,
        List<Multiaddr> addresses) {
    public MemberStatus {
        addresses = List.copyOf(addresses);
    }

    public PeerId peer() {
        return certificate.peer();
    }

    public String nodeName() {
        return certificate.nodeName();
    }
}
