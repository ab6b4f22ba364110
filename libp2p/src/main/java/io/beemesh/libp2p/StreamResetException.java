package io.beemesh.libp2p;

import java.io.Serial;

/** A stream ended before its time: reset by a side, refused, timed out, or its connection was lost. */
public final class StreamResetException extends Libp2pException {
    @Serial
    private static final long serialVersionUID = 1L;

    public StreamResetException(String message) {
        super(message);
    }
}
