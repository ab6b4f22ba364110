package io.beemesh.libp2p.multistream;

import java.io.Serial;

/** The remote side broke multistream-select, or there is no protocol in common. */
public final class MultistreamException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    MultistreamException(String message) {
        super(message);
    }
}
