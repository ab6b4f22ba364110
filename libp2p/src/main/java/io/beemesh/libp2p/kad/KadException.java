package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** A remote peer broke the rules of the DHT, or a value is not valid. */
public final class KadException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    public KadException(String message) {
        super(message);
    }
}
