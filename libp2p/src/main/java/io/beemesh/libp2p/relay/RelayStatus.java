package io.beemesh.libp2p.relay;

/** How a request to a relay ended; codes of the specification. */
public enum RelayStatus {
    OK(100), RESERVATION_REFUSED(200), RESOURCE_LIMIT_EXCEEDED(201), PERMISSION_DENIED(
            202), CONNECTION_FAILED(203), NO_RESERVATION(
                    204), MALFORMED_MESSAGE(400), UNEXPECTED_MESSAGE(401);

    private final int code;

    RelayStatus(int code) {
        this.code = code;
    }

    /** The number on the wire. */
    public int code() {
        return code;
    }

    /** Codes that are unknown, or not there, count as refusals of a message. */
    static RelayStatus ofCode(long code) {
        for (RelayStatus status : values()) {
            if (status.code == code) {
                return status;
            }
        }
        return MALFORMED_MESSAGE;
    }
}
