package io.beemesh.libp2p.noise;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** The remote side failed the handshake or sent what does not decrypt: its connection must end. */
public final class NoiseException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    NoiseException(String message) {
        super(message);
    }
}
