package io.beemesh.libp2p.relay;

import java.time.Duration;

/**
 * How long and how much a relay carries for one connection.
 *
 * @param duration until it is reset; zero means without end
 * @param dataBytes in each direction; zero means without limit
 */
public record RelayLimit(Duration duration, long dataBytes) {
    /** No limit at all. */
    public static final RelayLimit NONE = new RelayLimit(Duration.ZERO, 0);

    public RelayLimit {
        if (duration.isNegative() || dataBytes < 0) {
            throw new IllegalArgumentException(
                    "limits must not be negative: " + duration + ", " + dataBytes);
        }
    }

    /** Two minutes and 128 KiB each way, as the specification proposes. */
    public static RelayLimit defaults() {
        return new RelayLimit(Duration.ofMinutes(2), 128 * 1024);
    }

    /** True if either is limited. */
    public boolean isLimited() {
        return !duration.isZero() || dataBytes > 0;
    }
}
