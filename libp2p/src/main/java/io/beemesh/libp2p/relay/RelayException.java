package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** What a relay, or a peer that uses one, said cannot be read or was a refusal. */
public final class RelayException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final RelayStatus status;

    RelayException(RelayStatus status, String message) {
        super(message);
        this.status = status;
    }

    /** The code of the refusal; {@link RelayStatus#MALFORMED_MESSAGE} for what cannot be read. */
    public RelayStatus status() {
        return status;
    }
}
