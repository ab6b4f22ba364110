package io.beemesh.libp2p.noise;

import java.io.Serial;

/** The remote side failed the handshake or sent what does not decrypt: its connection must end. */
public final class NoiseException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    NoiseException(String message) {
        super(message);
    }
}
