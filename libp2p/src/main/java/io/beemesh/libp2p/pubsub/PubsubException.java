package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** A message that cannot be read or whose signature does not fit. */
public final class PubsubException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    public PubsubException(String message) {
        super(message);
    }
}
