package io.beemesh.libp2p.autonat;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** An AutoNAT message that cannot be read. */
final class AutoNatException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    AutoNatException(String message) {
        super(message);
    }
}
