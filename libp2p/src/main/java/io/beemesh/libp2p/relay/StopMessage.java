package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.peer.PeerId;

/** Between a relay and the peer that a connection is for. */
sealed interface StopMessage {
    record Connect(PeerId source, RelayLimit limit) implements StopMessage {}

    record Status(RelayStatus status) implements StopMessage {}
}
