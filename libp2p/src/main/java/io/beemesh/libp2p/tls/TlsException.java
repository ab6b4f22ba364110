package io.beemesh.libp2p.tls;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** The remote side's certificate or TLS is not as libp2p wants it: the connection must end. */
public final class TlsException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    TlsException(String message) {
        super(message);
    }

    TlsException(String message, Throwable cause) {
        super(message, cause);
    }
}
