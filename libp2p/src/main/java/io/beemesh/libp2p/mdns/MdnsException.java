package io.beemesh.libp2p.mdns;

import io.beemesh.libp2p.Libp2pException;
import java.io.Serial;

/** A packet that is no DNS message: it is dropped. */
public final class MdnsException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    MdnsException(String message) {
        super(message);
    }
}
