package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;

/** How a {@link ConnectRequest} went; one byte. */
public enum ConnectStatus {
    OK(0),
    /** Nobody listens there. */
    REFUSED(1),
    /** There is no way there, or no ready endpoint. */
    UNREACHABLE(2),
    /** No answer in time. */
    TIMED_OUT(3),
    /** It is not allowed. */
    DENIED(4);

    private final int number;

    ConnectStatus(int number) {
        this.number = number;
    }

    /** The frame. */
    public byte[] toBytes() {
        return new byte[]{(byte) number};
    }

    public static ConnectStatus fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length == 1) {
            for (ConnectStatus known : values()) {
                if (known.number == bytes[0]) {
                    return known;
                }
            }
        }
        throw new FormatException("not a status of one byte");
    }
}
