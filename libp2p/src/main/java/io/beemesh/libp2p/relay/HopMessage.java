package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.peer.PeerId;

/** Between a relay and a peer that asks it for something. */
sealed interface HopMessage {
    record Reserve() implements HopMessage {}

    record Connect(PeerId target) implements HopMessage {}

    /** Yes to {@link Reserve}. */
    record Reserved(Reservation reservation, RelayLimit limit) implements HopMessage {}

    record Status(RelayStatus status, RelayLimit limit) implements HopMessage {}
}
