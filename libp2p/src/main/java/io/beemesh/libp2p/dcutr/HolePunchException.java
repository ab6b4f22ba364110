package io.beemesh.libp2p.dcutr;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** The other side said what does not belong into the exchange. */
final class HolePunchException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    HolePunchException(String message) {
        super(message);
    }
}
