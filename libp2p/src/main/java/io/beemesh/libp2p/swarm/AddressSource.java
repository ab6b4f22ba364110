package io.beemesh.libp2p.swarm;

/** Why a host believes that it can be dialed under an address. */
public enum AddressSource {
    /** It listens there. */
    LISTEN,
    /** Others see it there and were able to dial it. */
    OBSERVED,
    /** A relay holds a reservation for it. */
    RELAY
}
