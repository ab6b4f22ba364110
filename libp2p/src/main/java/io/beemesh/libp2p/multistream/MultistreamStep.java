package io.beemesh.libp2p.multistream;

import io.beemesh.libp2p.ProtocolId;

/** What comes next in a negotiation. */
public sealed interface MultistreamStep {
    /** More bytes are needed. */
    record More() implements MultistreamStep {}

    /** These bytes must be sent; feed on. */
    record Send(byte[] bytes) implements MultistreamStep {}

    /** Agreed: send {@code answer}, which may be empty; all further bytes belong to the protocol. */
    record Agreed(ProtocolId protocol, byte[] answer) implements MultistreamStep {}
}
