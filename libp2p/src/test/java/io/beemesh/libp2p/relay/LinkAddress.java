package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.simulation.LinkHost;

/** Addresses of simulated hosts. */
final class LinkAddress {
    private LinkAddress() {}

    static Multiaddr through(LinkHost relay) {
        try {
            return CircuitAddress.through(relay.id(), relay.outer());
        } catch (FormatException e) {
            throw new IllegalStateException(e);
        }
    }
}
